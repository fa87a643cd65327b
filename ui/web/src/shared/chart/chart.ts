/** What a chart shows, and how it says it in words. */
import { inSentence, t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import { clock, dayAndClock, type Instant } from '@/shared/time/format';

export interface ChartSeries {
  signal: string;
  label: string;
  unit: string;
  /** One per time; null where nothing was measured. */
  values: readonly (number | null)[];
  /** How far the true value may lie from each; null where that is not known. */
  range?: { lower: readonly (number | null)[]; upper: readonly (number | null)[] };
}

export interface ChartBand {
  /** Epoch milliseconds. */
  from: number;
  to: number;
  label: string;
}

/** "82 (74 to 88)": one value with its range, where it has one. */
export function valueInWords({ unit, values, range }: ChartSeries, position: number): string {
  const [lower, upper] = [range?.lower[position], range?.upper[position]];
  const value = withUnit(values[position], unit);
  return typeof lower === 'number' && typeof upper === 'number'
    ? `${value} (${t('{low} to {high}', { low: figure(lower), high: figure(upper) })})`
    : value;
}

export function withUnit(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return t('no reading');
  return `${figure(value)}${unit ? ` ${unit}` : ''}`;
}

/** One sentence that tells what the drawing shows. */
export function summary(times: readonly number[], series: readonly ChartSeries[], band?: ChartBand): string {
  const first = times[0];
  const last = times.at(-1);
  if (first === undefined || last === undefined) return t('No readings in this time.');
  const parts = series.map(({ label, unit, values }) => `${inSentence(t(label))} ${spread(values, unit)}`);
  const during = band ? `; ${span(band)}` : '';
  const say = momentIn(last - first);
  return `${t('From {from} to {to}', { from: say(first), to: say(last) })}: ${parts.join(', ')}${during}.`;
}

const DAY_MS = 86_400_000;

/** Clock times suffice within a day; longer spans need the date too. */
export function momentIn(spanMs: number): (at: Instant) => string {
  return spanMs >= DAY_MS ? dayAndClock : clock;
}

function span({ from, to, label }: ChartBand): string {
  const [began, ended] = [clock(from), clock(to)];
  return began === ended
    ? t('{what} came at {at}', { what: inSentence(label), at: began })
    : t('{what} lasts from {from} to {to}', { what: inSentence(label), from: began, to: ended });
}

function spread(values: readonly (number | null)[], unit: string): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return t('was not sent');
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  if (figure(low) === figure(high)) return t('stays at {value}', { value: withUnit(low, unit) });
  return t('between {low} and {high}', { low: figure(low), high: withUnit(high, unit) });
}

/** The words at one moment, for the cursor. */
export function readout(at: number, position: number, series: readonly ChartSeries[], spanMs = 0): string {
  return `${momentIn(spanMs)(at)}: ${series.map((one) => `${t(one.label)} ${valueInWords(one, position)}`).join(', ')}`;
}
