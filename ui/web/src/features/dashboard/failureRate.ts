/** The share of vehicles that are expected to have a failing part within the horizon. */
import type { Forecast } from '@/api';

export interface FailureRate {
  value: number;
  lower: number;
  upper: number;
  vehicles: number;
}

type End = 'probability' | 'lower' | 'upper';

/** Undefined while there is no forecast. Parts of a vehicle are taken to fail independently of each other. */
export function failureRate(forecasts: readonly Forecast[]): FailureRate | undefined {
  const byVehicle = Map.groupBy(forecasts, ({ vehicleId }) => vehicleId);
  if (byVehicle.size === 0) return undefined;
  const mean = (end: End) => [...byVehicle.values()].reduce((sum, parts) => sum + anyFails(parts, end), 0) / byVehicle.size;
  return { value: mean('probability'), lower: mean('lower'), upper: mean('upper'), vehicles: byVehicle.size };
}

function anyFails(parts: readonly Forecast[], end: End): number {
  return 1 - parts.reduce((none, part) => none * (1 - part[end]), 1);
}
