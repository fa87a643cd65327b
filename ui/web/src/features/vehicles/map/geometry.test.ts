import { expect, test } from 'vitest';
import type { Vehicle } from '@/api';
import { fitted, groupsIn, latitudeOf, located, longitudeOf, metresPerPixel, placeOf, zoomed } from './geometry';

const SIZE = { width: 800, height: 400 };
const at = (vehicleId: string, lat: number | null, lon: number | null, worstSeverity: Vehicle['worstSeverity'] = null) =>
  ({ vehicleId, lat, lon, worstSeverity }) as Vehicle;
const MUNICH = at('VH-1', 48.137, 11.575);
const NEAR = at('VH-2', 48.1371, 11.5751, 'HIGH');
const HAMBURG = at('VH-3', 53.55, 9.99);

test('a place comes back from the map where it was', () => {
  const { x, y } = placeOf(48.137, 11.575);
  expect(latitudeOf(y)).toBeCloseTo(48.137, 9);
  expect(longitudeOf(x)).toBeCloseTo(11.575, 9);
});

test('the whole fleet is in sight, and vehicles that would overlap are one group with its worst severity', () => {
  const fleet = located([MUNICH, NEAR, HAMBURG]);
  const groups = groupsIn(
    fleet,
    fitted(
      fleet.map(({ place }) => place),
      SIZE,
    ),
    SIZE,
    48,
  );
  expect(groups.map(({ vehicles, worst }) => [vehicles.map(({ vehicleId }) => vehicleId), worst])).toEqual([
    [['VH-1', 'VH-2'], 'HIGH'],
    [['VH-3'], null],
  ]);
});

test('coming closer takes a group apart and puts the rest out of sight', () => {
  const fleet = located([MUNICH, NEAR, HAMBURG]);
  const sight = fitted(
    fleet.slice(0, 2).map(({ place }) => place),
    SIZE,
  );
  const groups = groupsIn(fleet, zoomed(sight, 1024), SIZE, 48);
  expect(groups.every(({ vehicles }) => vehicles.length === 1)).toBe(true);
  expect(groups.flatMap(({ vehicles }) => vehicles)).not.toContain(HAMBURG);
});

test('a vehicle without a position is not put at zero', () => {
  expect(located([at('VH-9', null, 11), at('VH-8', 48, null)])).toEqual([]);
});

test('one vehicle alone is shown with its surroundings', () => {
  const sight = fitted([placeOf(48.137, 11.575)], SIZE);
  expect(metresPerPixel(sight) * SIZE.width).toBeGreaterThan(1000);
});

test('ten thousand vehicles become few groups', () => {
  const fleet = located(
    Array.from({ length: 10_000 }, (_, index) => at(`VH-${index}`, 47 + (index % 100) / 12, 6 + Math.floor(index / 100) / 12)),
  );
  const groups = groupsIn(
    fleet,
    fitted(
      fleet.map(({ place }) => place),
      SIZE,
    ),
    SIZE,
    48,
  );
  expect(groups.length).toBeLessThan(200);
  const nearest = groups.flatMap((one) =>
    groups.filter((two) => two !== one).map(({ at: to }) => Math.hypot(one.at.x - to.x, one.at.y - to.y)),
  );
  expect(Math.min(...nearest)).toBeGreaterThanOrEqual(48);
  expect(groups.reduce((sum, { vehicles }) => sum + vehicles.length, 0)).toBe(10_000);
});
