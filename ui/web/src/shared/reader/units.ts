/** Readings in the reader's units. The server speaks metric. */
import { preferences } from './preferences';

interface Conversion {
  unit: string;
  convert: (value: number) => number;
  revert: (value: number) => number;
}

const LITRES_OF_A_GALLON = 3.785411784;
const times = (unit: string, factor: number): Conversion => ({
  unit,
  convert: (value) => value * factor,
  revert: (value) => value / factor,
});

const IMPERIAL: Record<string, Conversion> = {
  'km/h': times('mph', 0.621371),
  km: times('mi', 0.621371),
  m: times('ft', 3.28084),
  '°C': { unit: '°F', convert: (value) => value * 1.8 + 32, revert: (value) => (value - 32) / 1.8 },
  l: times('gal', 1 / LITRES_OF_A_GALLON),
  'l/h': times('gal/h', 1 / LITRES_OF_A_GALLON),
  kPa: times('psi', 0.145038),
};

function conversionOf(unit: string): Conversion {
  const own = { unit, convert: (value: number) => value, revert: (value: number) => value };
  return preferences().units === 'imperial' ? (IMPERIAL[unit] ?? own) : own;
}

export function inReaderUnits(value: number, unit: string): { value: number; unit: string } {
  const { unit: shown, convert } = conversionOf(unit);
  return { value: convert(value), unit: shown };
}

/** What the reader typed, as the server takes it; `unit` is the server's. */
export function fromReaderUnits(value: number, unit: string): number {
  return conversionOf(unit).revert(value);
}

/** The same for a whole series; what is missing stays missing. */
export function seriesInReaderUnits<Series extends { unit: string; values: readonly (number | null)[] }>(series: Series): Series {
  const { unit, convert } = conversionOf(series.unit);
  return { ...series, unit, values: series.values.map((value) => (value === null ? null : convert(value))) };
}
