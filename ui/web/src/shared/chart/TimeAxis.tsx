/** Clock times under the panels. */
import { axisMoment } from '@/shared/time/format';

const EDGE_PX = 30;

export function TimeAxis({
  x,
  moments,
}: {
  x: ((at: number) => number) & { domain: readonly [number, number] };
  moments: readonly number[];
}) {
  const [left, right] = [x(x.domain[0]), x(x.domain[1])];
  const label = axisMoment(
    moments[0] !== undefined && moments[1] !== undefined ? moments[1] - moments[0] : x.domain[1] - x.domain[0],
  );
  return moments.map((at) => (
    <text
      key={at}
      x={Math.min(right - EDGE_PX + 14, Math.max(left + EDGE_PX - 14, x(at)))}
      y={16}
      textAnchor="middle"
      fontSize="12"
      fill="var(--muted)"
      className="figures"
    >
      {label(at)}
    </text>
  ));
}
