/** Degrees as lines with their numbers, and how long a kilometre is. */
import { ticks } from '@/shared/chart/scale';
import { localeInUse } from '@/shared/language/language';
import { latitudeOf, longitudeOf, metresPerPixel, onScreen, placeOf, type Sight, type Size } from './geometry';

const LINES = 5;
const LONGEST_PX = 140;

export function Grid({ sight, size }: { sight: Sight; size: Size }) {
  const { centre, scale } = sight;
  const [left, right] = [longitudeOf(centre.x - size.width / 2 / scale), longitudeOf(centre.x + size.width / 2 / scale)];
  const [south, north] = [latitudeOf(centre.y + size.height / 2 / scale), latitudeOf(centre.y - size.height / 2 / scale)];
  return (
    <svg width={size.width} height={size.height} className="absolute inset-0" aria-hidden="true" focusable="false">
      {ticks([left, right], LINES).map((lon) => {
        const { x } = onScreen(placeOf(0, lon), sight, size);
        return (
          <g key={lon}>
            <line x1={x} x2={x} y1={0} y2={size.height} stroke="var(--line)" />
            <text x={x + 4} y={14} fontSize="12" fill="var(--muted)">
              {degrees(lon, 'E', 'W')}
            </text>
          </g>
        );
      })}
      {ticks([south, north], LINES).map((lat) => {
        const { y } = onScreen(placeOf(lat, 0), sight, size);
        return (
          <g key={lat}>
            <line x1={0} x2={size.width} y1={y} y2={y} stroke="var(--line)" />
            <text x={4} y={y - 4} fontSize="12" fill="var(--muted)">
              {degrees(lat, 'N', 'S')}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function degrees(value: number, positive: string, negative: string): string {
  return `${Math.abs(value).toLocaleString(localeInUse(), { maximumFractionDigits: 4 })}° ${value < 0 ? negative : positive}`;
}

export function ScaleBar({ sight }: { sight: Sight }) {
  const metres = metresPerPixel(sight);
  const length = roundBelow(LONGEST_PX * metres);
  const words =
    length >= 1000 ? `${(length / 1000).toLocaleString(localeInUse())} km` : `${length.toLocaleString(localeInUse())} m`;
  return (
    <p
      className="figures absolute bottom-2 start-2 border-x-2 border-b-2 border-ink bg-surface px-1 text-center text-xs"
      style={{ width: length / metres }}
    >
      {words}
    </p>
  );
}

/** The longest of 1, 2 and 5 × 10ⁿ that fits. */
function roundBelow(metres: number): number {
  const power = 10 ** Math.floor(Math.log10(metres));
  return ([5, 2].find((factor) => factor * power <= metres) ?? 1) * power;
}
