/** Places on a flat map: Web Mercator, as every web map draws them. */
import type { Vehicle } from '@/api';
import { severityRank, type Severity } from '@/shared/severity/severity';

/** World units: the whole world is 1 × 1, x to the east, y to the south. */
export interface Place {
  x: number;
  y: number;
}

/** What is in sight: the place in the middle, and pixels per world unit. */
export interface Sight {
  centre: Place;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const MOST_LATITUDE = 85.05; // where Web Mercator ends
const EARTH_M = 40_075_017;
const CLOSEST = 2 ** 27;
const FARTHEST = 128;
const MARGIN = 0.82;

export function placeOf(lat: number, lon: number): Place {
  const phi = (Math.min(MOST_LATITUDE, Math.max(-MOST_LATITUDE, lat)) * Math.PI) / 180;
  return { x: lon / 360 + 0.5, y: 0.5 - Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI) };
}

export function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

export function longitudeOf(x: number): number {
  return (x - 0.5) * 360;
}

export function onScreen({ x, y }: Place, { centre, scale }: Sight, { width, height }: Size): Place {
  return { x: width / 2 + (x - centre.x) * scale, y: height / 2 + (y - centre.y) * scale };
}

/** The sight that shows all places with some margin. */
export function fitted(places: readonly Place[], size: Size): Sight {
  const [x, y] = [extent(places.map((place) => place.x)), extent(places.map((place) => place.y))];
  const scale = MARGIN * Math.min(size.width / (x.high - x.low || 1e-9), size.height / (y.high - y.low || 1e-9));
  return { centre: { x: (x.low + x.high) / 2, y: (y.low + y.high) / 2 }, scale: withinLimits(Math.min(scale, 2 ** 22)) };
}

function extent(values: readonly number[]): { low: number; high: number } {
  return values.reduce(({ low, high }, value) => ({ low: Math.min(low, value), high: Math.max(high, value) }), {
    low: Infinity,
    high: -Infinity,
  });
}

export function zoomed(sight: Sight, factor: number, centre = sight.centre): Sight {
  return { centre, scale: withinLimits(sight.scale * factor) };
}

/** Moves what is in sight by pixels. */
export function moved({ centre, scale }: Sight, right: number, down: number): Sight {
  return { centre: { x: centre.x + right / scale, y: centre.y + down / scale }, scale };
}

function withinLimits(scale: number): number {
  return Math.min(CLOSEST, Math.max(FARTHEST, scale));
}

export function metresPerPixel({ centre, scale }: Sight): number {
  return (EARTH_M * Math.cos((latitudeOf(centre.y) * Math.PI) / 180)) / scale;
}

export interface Located {
  vehicle: Vehicle;
  place: Place;
}

export function located(fleet: readonly Vehicle[]): Located[] {
  return fleet.flatMap((vehicle) =>
    vehicle.lat === null || vehicle.lon === null ? [] : [{ vehicle, place: placeOf(vehicle.lat, vehicle.lon) }],
  );
}

export interface Group {
  key: string;
  /** Pixels. */
  at: Place;
  /** World units. */
  place: Place;
  vehicles: readonly Vehicle[];
  worst: Severity | null;
}

/** Vehicles in sight, those that would overlap as one group: however many there are, the map draws few. */
export function groupsIn(fleet: readonly Located[], sight: Sight, size: Size, markerPx: number): Group[] {
  const cells = new Map<string, Located[]>();
  for (const one of fleet) {
    const at = onScreen(one.place, sight, size);
    if (at.x < 0 || at.y < 0 || at.x > size.width || at.y > size.height) continue;
    const key = `${Math.floor((one.place.x * sight.scale) / markerPx)} ${Math.floor((one.place.y * sight.scale) / markerPx)}`;
    const cell = cells.get(key);
    if (cell) cell.push(one);
    else cells.set(key, [one]);
  }
  return apart([...cells.values()].map(clusterOf), markerPx / sight.scale).map((cluster) => groupOf(cluster, sight, size));
}

interface Cluster {
  members: readonly Located[];
  /** The mean of its members' places. */
  place: Place;
}

/** Joins clusters until no two are nearer than a marker is wide. */
function apart(clusters: readonly Cluster[], width: number): readonly Cluster[] {
  const joined: Cluster[] = [];
  for (const cluster of clusters) {
    const near = joined.findIndex(({ place }) => isNear(place, cluster.place, width));
    const other = joined[near];
    if (other) joined[near] = together(other, cluster);
    else joined.push(cluster);
  }
  return joined.length < clusters.length ? apart(joined, width) : joined;
}

function isNear(a: Place, b: Place, width: number): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) < width;
}

function clusterOf(members: readonly Located[]): Cluster {
  const mean = (axis: 'x' | 'y') => members.reduce((sum, { place }) => sum + place[axis], 0) / members.length;
  return { members, place: { x: mean('x'), y: mean('y') } };
}

function together(a: Cluster, b: Cluster): Cluster {
  const share = b.members.length / (a.members.length + b.members.length);
  const between = (axis: 'x' | 'y') => a.place[axis] + (b.place[axis] - a.place[axis]) * share;
  return { members: [...a.members, ...b.members], place: { x: between('x'), y: between('y') } };
}

function groupOf({ members, place }: Cluster, sight: Sight, size: Size): Group {
  const vehicles = members.map(({ vehicle }) => vehicle);
  const worst = vehicles.reduce<Severity | null>(
    (most, { worstSeverity }) => (severityRank(worstSeverity) > severityRank(most) ? worstSeverity : most),
    null,
  );
  return { key: vehicles[0]?.vehicleId ?? '', at: onScreen(place, sight, size), place, vehicles, worst };
}
