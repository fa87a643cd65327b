/** What a vehicle may be described as, and what of a description is new. */
import type { VehicleChange, VehicleDetail } from '@/api';

export type Described = Pick<VehicleDetail, 'vehicleClass' | 'tankL' | 'model' | 'ageYears'>;

interface Bounds {
  least: number;
  most: number;
}

/** The server refuses what lies beyond. */
export const TANK_L: Bounds = { least: 5, most: 2000 };
export const AGE_YEARS: Bounds = { least: 0, most: 100 };
export const MODEL_LETTERS = 120;

/** Whether it may be sent: unknown, or within the bounds. */
export function isPossible(value: number | null, { least, most }: Bounds): boolean {
  return value === null || (value >= least && value <= most);
}

/** What differs, and nothing else: what somebody else changes meanwhile stays. */
export function changeOf(before: Described, after: Described): VehicleChange {
  return {
    ...(after.vehicleClass !== before.vehicleClass && { vehicleClass: after.vehicleClass }),
    ...(after.tankL !== before.tankL && { tankL: after.tankL }),
    ...(after.model !== before.model && { model: after.model }),
    ...(after.ageYears !== before.ageYears && { ageYears: after.ageYears }),
  };
}
