/** Readings in the reader's units. The server speaks metric. */
import { preferences } from './preferences';

interface Conversion {
  unit: string;
  convert: (value: number) => number;
}

const times = (unit: string, factor: number): Conversion => ({ unit, convert: (value) => value * factor });

const IMPERIAL: Record<string, Conversion> = {
  'km/h': times('mph', 0.621371),
  km: times('mi', 0.621371),
  m: times('ft', 3.28084),
  '°C': { unit: '°F', convert: (value) => value * 1.8 + 32 },
  l: times('gal', 0.264172),
  'l/h': times('gal/h', 0.264172),
  kPa: times('psi', 0.145038),
};

function conversionOf(unit: string): Conversion {
  const own = { unit, convert: (value: number) => value };
  return preferences().units === 'imperial' ? (IMPERIAL[unit] ?? own) : own;
}

export function inReaderUnits(value: number, unit: string): { value: number; unit: string } {
  const { unit: shown, convert } = conversionOf(unit);
  return { value: convert(value), unit: shown };
}

/** The same for a whole series; what is missing stays missing. */
export function seriesInReaderUnits<Series extends { unit: string; values: readonly (number | null)[] }>(series: Series): Series {
  const { unit, convert } = conversionOf(series.unit);
  return { ...series, unit, values: series.values.map((value) => (value === null ? null : convert(value))) };
}
