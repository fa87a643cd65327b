/** What a chart shows, and how it says it in words. */
import { clock } from '@/shared/time/format';

export interface ChartSeries {
  signal: string;
  label: string;
  unit: string;
  /** One per time; null where nothing was measured. */
  values: readonly (number | null)[];
}

export interface ChartBand {
  /** Epoch milliseconds. */
  from: number;
  to: number;
  label: string;
}

export function withUnit(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return 'no reading';
  return `${figure(value)}${unit ? ` ${unit}` : ''}`;
}

export function figure(value: number): string {
  const size = Math.abs(value);
  return value.toLocaleString('en-GB', { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2 });
}

/** One sentence that tells what the drawing shows. */
export function summary(times: readonly number[], series: readonly ChartSeries[], band?: ChartBand): string {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return 'No readings in this time.';
  const parts = series.map(({ label, unit, values }) => `${label.toLowerCase()} ${spread(values, unit)}`);
  const during = band ? `; ${span(band)}` : '';
  return `From ${clock(first)} to ${clock(last)}: ${parts.join(', ')}${during}.`;
}

function span({ from, to, label }: ChartBand): string {
  const [began, ended] = [clock(from), clock(to)];
  return began === ended
    ? `the ${label.toLowerCase()} came at ${began}`
    : `the ${label.toLowerCase()} lasts from ${began} to ${ended}`;
}

function spread(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'was not sent';
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  if (figure(low) === figure(high)) return `stays at ${withUnit(low, unit)}`;
  return `between ${figure(low)} and ${withUnit(high, unit)}`;
}

/** The words at one moment, for the cursor. */
export function readout(at: number, position: number, series: readonly ChartSeries[]): string {
  return `${clock(at)}: ${series.map(({ label, unit, values }) => `${label} ${withUnit(values[position], unit)}`).join(', ')}`;
}
