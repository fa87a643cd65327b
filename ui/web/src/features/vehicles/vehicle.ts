/** Vehicles in words. */
import type { Vehicle } from '@/api';
import { counted, localeInUse, t } from '@/shared/language/language';
import { inReaderUnits } from '@/shared/reader/units';

export const CLASS_WORDS: Record<Vehicle['vehicleClass'], string> = { car: 'Car', van: 'Van', truck: 'Truck' };

/** "Truck, Actros, 4 years". */
export function classInWords({ vehicleClass, model, ageYears }: Pick<Vehicle, 'vehicleClass' | 'model' | 'ageYears'>): string {
  return [t(CLASS_WORDS[vehicleClass]), model, ageYears === null ? null : ageInWords(ageYears)].filter(Boolean).join(', ');
}

/** "4 years". */
export function ageInWords(years: number): string {
  return counted(Math.round(years), '1 year', '{count} years');
}

/** A reading with its unit; a missing one is said to be missing, never shown as zero. */
export function measured(value: number | null, unit: string): string {
  if (value === null) return t('No reading');
  const shown = inReaderUnits(value, unit);
  const digits = Math.abs(shown.value) < 100 ? 1 : 0;
  return `${shown.value.toLocaleString(localeInUse(), { maximumFractionDigits: digits })} ${shown.unit}`.trim();
}

/** "fuel_system" reads "Fuel system". */
export function componentInWords(component: string): string {
  return t(component.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase()));
}
