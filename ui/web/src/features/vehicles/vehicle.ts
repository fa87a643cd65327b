/** Vehicles in words. */
import type { Vehicle } from '@/api';
import { localeInUse, t } from '@/shared/language/language';

const CLASS_WORDS: Record<Vehicle['vehicleClass'], string> = { car: 'Car', van: 'Van', truck: 'Truck' };

/** "Truck, Actros, 4 years". */
export function classInWords({ vehicleClass, model, ageYears }: Pick<Vehicle, 'vehicleClass' | 'model' | 'ageYears'>): string {
  const years = ageYears === null ? null : Math.round(ageYears);
  return [CLASS_WORDS[vehicleClass], model, years === null ? null : `${years} ${years === 1 ? 'year' : 'years'}`]
    .filter(Boolean)
    .join(', ');
}

/** A reading with its unit; a missing one is said to be missing, never shown as zero. */
export function measured(value: number | null, unit: string): string {
  if (value === null) return 'No reading';
  return `${value.toLocaleString(localeInUse(), { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 })} ${unit}`.trim();
}

/** "fuel_system" reads "Fuel system". */
export function componentInWords(component: string): string {
  return t(component.replace(/_/g, ' ').replace(/^./, (letter) => letter.toUpperCase()));
}
