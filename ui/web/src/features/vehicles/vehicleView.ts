/** How the fleet is searched and sorted; part of the address. */
import type { Vehicle } from '@/api';
import { severityRank } from '@/shared/severity/severity';

export const SORT_KEYS = ['vehicle', 'alerts', 'seen', 'speed', 'fuel'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface VehicleView {
  q?: string;
  sort?: SortKey;
  falling?: boolean;
  /** Left out for the table, which is the first view. */
  as?: 'map';
}

export function vehicleView(search: Record<string, unknown>): VehicleView {
  const q = typeof search.q === 'string' || typeof search.q === 'number' ? String(search.q) : '';
  const sort = SORT_KEYS.find((key) => key === search.sort);
  return {
    ...(q && { q }),
    ...(sort && { sort }),
    ...(sort && search.falling === true && { falling: true }),
    ...(search.as === 'map' && { as: 'map' as const }),
  };
}

const VALUE: Record<SortKey, (vehicle: Vehicle) => number | string | null> = {
  vehicle: ({ vehicleId }) => vehicleId,
  alerts: ({ worstSeverity, liveAlerts, snoozedAlerts }) =>
    severityRank(worstSeverity) * 1000 + liveAlerts + (snoozedAlerts > 0 ? 0.5 : 0),
  seen: ({ lastSeenAt }) => lastSeenAt && Date.parse(lastSeenAt),
  speed: ({ speed }) => speed,
  fuel: ({ fuelLevel }) => fuelLevel,
};

/** The vehicles that match, in order: the worst alerts first unless the reader chose otherwise. Unknown values go last. */
export function arranged(fleet: readonly Vehicle[], { q = '', sort, falling = false }: VehicleView): Vehicle[] {
  const words = q.trim().toLowerCase();
  const found = fleet.filter(({ vehicleId, vehicleClass, model }) =>
    [vehicleId, vehicleClass, model].join(' ').toLowerCase().includes(words),
  );
  const value = VALUE[sort ?? 'alerts'];
  const direction = (sort ? falling : true) ? -1 : 1;
  return found.sort((a, b) => compare(value(a), value(b), direction) || compare(a.vehicleId, b.vehicleId, 1));
}

const NATURAL = new Intl.Collator('en', { numeric: true });

function compare(a: number | string | null, b: number | string | null, direction: number): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === 'string' && typeof b === 'string' ? NATURAL.compare(a, b) : Number(a) - Number(b);
  return order * direction;
}
