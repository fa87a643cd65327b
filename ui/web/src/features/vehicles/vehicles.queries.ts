/** Vehicles on the server: the fleet, one, its readings, its forecast. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import {
  changeVehicle,
  getVehicle,
  getVehicleForecast,
  getVehicleTelemetry,
  listVehicles,
  type Vehicle,
  type VehicleChange,
} from '@/api';
import { everyItem } from '@/shared/everyItem';
import { orLastKnown } from '@/shared/offline/lastKnown';
import { answer } from '@/shared/problem';

const PAGE = 500;
const REFRESH_MS = 15_000;

/** The whole fleet, page after page: the table sorts and searches all of it. */
export const vehiclesQuery = queryOptions({
  queryKey: ['vehicles', 'list'],
  queryFn: ({ signal }) => orLastKnown('vehicles', () => everyItem((cursor) => vehiclePage(cursor, signal)), outlineOf),
  refetchInterval: REFRESH_MS,
});

/** What may lie in the browser: no places and no readings. */
function outlineOf(fleet: Vehicle[]): Vehicle[] {
  return fleet.map((vehicle) => ({ ...vehicle, lat: null, lon: null, speed: null, fuelLevel: null }));
}

function vehiclePage(cursor: string | undefined, signal: AbortSignal) {
  return answer(listVehicles({ signal, query: { limit: PAGE, cursor } }));
}

export function vehicleQuery(vehicleId: string) {
  return queryOptions({
    queryKey: ['vehicles', 'one', vehicleId],
    queryFn: ({ signal }) => answer(getVehicle({ signal, path: { vehicleId } })),
    refetchInterval: REFRESH_MS,
  });
}

/** Corrects what a vehicle is. */
export function useDescribe(vehicleId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: VehicleChange) => answer(changeVehicle({ path: { vehicleId }, body })),
    onSuccess: (vehicle) => {
      queries.setQueryData(vehicleQuery(vehicleId).queryKey, vehicle);
      return queries.invalidateQueries({ queryKey: vehiclesQuery.queryKey });
    },
  });
}

export interface TelemetryAsk {
  vehicleId: string;
  from?: string;
  to?: string;
  signals: readonly string[];
  points: number;
}

export function telemetryQuery({ vehicleId, from, to, signals, points }: TelemetryAsk) {
  return queryOptions({
    queryKey: ['vehicles', 'telemetry', vehicleId, from ?? '', to ?? '', signals, points],
    queryFn: ({ signal }) =>
      answer(getVehicleTelemetry({ signal, path: { vehicleId }, query: { from, to, points, signals: signals.join(',') } })),
    placeholderData: keepPreviousData,
  });
}

export function forecastQuery(vehicleId: string) {
  return queryOptions({
    queryKey: ['vehicles', 'forecast', vehicleId],
    queryFn: ({ signal }) => answer(getVehicleForecast({ signal, path: { vehicleId } })),
    staleTime: 60_000,
  });
}
