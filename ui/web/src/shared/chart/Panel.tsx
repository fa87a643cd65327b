/** One signal: its name, its scale, its line; gaps stay gaps. */
import { t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import type { ChartBand, ChartSeries } from './chart';
import { linearScale, roundDomain, ticks, type Scale } from './scale';

export const PANEL_HEIGHT = 118;
const TOP = 26;
const BOTTOM = 10;
const TICKS = 3;

interface Props {
  series: ChartSeries;
  colour: number;
  times: readonly number[];
  /** A longer pause between two readings leaves a gap in the line. */
  longestPauseMs: number;
  x: Scale;
  moments: readonly number[];
  band?: ChartBand;
  cursor?: number;
}

export function Panel({ series, colour, times, longestPauseMs, x, moments, band, cursor }: Props) {
  const known = series.values.filter((value) => value !== null);
  const { lower = [], upper = [] } = series.range ?? {};
  const domain = roundDomain([...known, ...[...lower, ...upper].filter((value) => value !== null)], TICKS);
  const y = linearScale(domain, [PANEL_HEIGHT - BOTTOM, TOP]);
  const [left, right] = [x(x.domain[0]), x(x.domain[1])];
  const stroke = `var(--series-${colour})`;
  const value = cursor === undefined ? null : (series.values[cursor] ?? null);
  const at = cursor === undefined ? undefined : times[cursor];
  return (
    <>
      {band && <Band band={band} x={x} />}
      {(known.length > 0 ? ticks(domain, TICKS) : []).map((tick) => (
        <g key={tick}>
          <line x1={left} x2={right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
          <text x={left - 8} y={y(tick) + 4} textAnchor="end" fontSize="12" fill="var(--muted)" className="figures">
            {figure(tick)}
          </text>
        </g>
      ))}
      {moments.map((moment) => (
        <line key={moment} x1={x(moment)} x2={x(moment)} y1={TOP} y2={PANEL_HEIGHT - BOTTOM} stroke="var(--line)" />
      ))}
      <text x={left} y={16} fontSize="13" fontWeight="600" fill={stroke}>
        {t(series.label)}
        <tspan fill="var(--muted)" fontWeight="400" dx="6">
          {series.unit}
        </tspan>
      </text>
      {known.length === 0 ? (
        <text x={(left + right) / 2} y={PANEL_HEIGHT / 2 + 8} textAnchor="middle" fontSize="13" fill="var(--muted)">
          {t('Not sent in this time')}
        </text>
      ) : (
        <>
          <path d={areaPath(times, lower, upper, x, y)} fill={stroke} fillOpacity="0.16" />
          <path
            d={linePath(withPauses(times, series.values, longestPauseMs), x, y)}
            fill="none"
            stroke={stroke}
            strokeWidth="2"
            strokeLinejoin="round"
            strokeLinecap="round"
          />
        </>
      )}
      {at !== undefined && value !== null && (
        <circle cx={x(at)} cy={y(value)} r="4.5" fill={stroke} stroke="var(--surface)" strokeWidth="2" />
      )}
    </>
  );
}

function Band({ band, x }: { band: ChartBand; x: Scale }) {
  const clamp = (at: number) => x(Math.min(x.domain[1], Math.max(x.domain[0], at)));
  const [from, to] = [clamp(band.from), clamp(band.to)];
  return (
    <g>
      <rect x={from} y={TOP} width={Math.max(3, to - from)} height={PANEL_HEIGHT - TOP - BOTTOM} fill="var(--band)" />
      {[from, Math.max(from + 3, to)].map((edge) => (
        <line
          key={edge}
          x1={edge}
          x2={edge}
          y1={TOP}
          y2={PANEL_HEIGHT - BOTTOM}
          stroke="var(--critical-mark)"
          strokeDasharray="4 3"
        />
      ))}
    </g>
  );
}

type Reading = readonly [at: number, value: number | null];

/** The readings, with an explicit "nothing" where the pause before the next one is too long to draw a line across. */
export function withPauses(times: readonly number[], values: readonly (number | null)[], longestPauseMs: number): Reading[] {
  return times.flatMap((at, position): Reading[] => {
    const reading: Reading = [at, values[position] ?? null];
    const before = times[position - 1];
    return before !== undefined && at - before > longestPauseMs ? [[before, null], reading] : [reading];
  });
}

/** A line that breaks where nothing was measured; a lone reading becomes a dot. */
export function linePath(readings: readonly Reading[], x: Scale, y: Scale): string {
  let drawing = false;
  return readings
    .map(([at, value]) => {
      if (value === null) {
        drawing = false;
        return '';
      }
      const place = `${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      const command = drawing ? `L${place}` : `M${place}h0`;
      drawing = true;
      return command;
    })
    .join('');
}

/** The ground between the lower and the upper ends, where both are known. */
export function areaPath(
  times: readonly number[],
  lower: readonly (number | null)[],
  upper: readonly (number | null)[],
  x: Scale,
  y: Scale,
): string {
  const known = times.flatMap((at, position) => {
    const [low, high] = [lower[position], upper[position]];
    return typeof low === 'number' && typeof high === 'number' ? [{ at, low, high }] : [];
  });
  const top = known.map(({ at, high }) => `${x(at).toFixed(1)} ${y(high).toFixed(1)}`);
  const bottom = known.map(({ at, low }) => `${x(at).toFixed(1)} ${y(low).toFixed(1)}`).reverse();
  return known.length > 1 ? `M${[...top, ...bottom].join('L')}Z` : '';
}
