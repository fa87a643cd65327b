/** A share of one as an arc over a real meter, with its range. */
import { percent } from '@/shared/language/numbers';

interface Props {
  label: string;
  value: number;
  lower: number;
  upper: number;
}

const RADIUS = 84;
const CENTRE = { x: 100, y: 100 };

export function Gauge({ label, value, lower, upper }: Props) {
  return (
    <div className="relative mx-auto w-60">
      <svg viewBox="0 0 200 112" className="w-full rtl:-scale-x-100" fill="none" aria-hidden="true" focusable="false">
        <path d={arc(0, 1)} stroke="var(--stroke)" strokeWidth="20" />
        <path d={arc(0, 1)} stroke="var(--sunken)" strokeWidth="18" />
        <path d={arc(0, value)} stroke="var(--series-1)" strokeWidth="18" />
        <path d={arc(lower, upper)} stroke="var(--series-2)" strokeWidth="5" />
      </svg>
      <meter className="sr-only" min={0} max={1} value={value} aria-label={label} aria-valuetext={percent(value)} />
      <p className="figures absolute inset-x-0 bottom-0 text-center text-3xl font-semibold" aria-hidden="true">
        {percent(value)}
      </p>
    </div>
  );
}

function arc(from: number, to: number): string {
  const [begin, end] = [at(from), at(Math.max(to, from + 0.004))];
  return `M${begin}A${RADIUS} ${RADIUS} 0 0 1 ${end}`;
}

function at(share: number): string {
  const angle = Math.PI * (1 - Math.min(1, Math.max(0, share)));
  return `${(CENTRE.x + RADIUS * Math.cos(angle)).toFixed(1)} ${(CENTRE.y - RADIUS * Math.sin(angle)).toFixed(1)}`;
}
