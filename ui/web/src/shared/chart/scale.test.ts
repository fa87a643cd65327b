import { expect, test } from 'vitest';
import { linearScale, roundDomain, ticks, timeTicks } from './scale';

test('a scale maps the ends of its domain to the ends of its range', () => {
  const y = linearScale([0, 100], [200, 0]);
  expect([y(0), y(50), y(100)]).toEqual([200, 100, 0]);
});

test('ticks are round and lie within the domain', () => {
  expect(ticks([0, 97], 4)).toEqual([0, 50]);
  expect(ticks([-0.62, 0.41], 5)).toEqual([-0.5, 0, 0.5].filter((tick) => tick <= 0.41));
});

test('a flat line gets a domain with room on both sides', () => {
  const [low, high] = roundDomain([12.4, 12.4], 3);
  expect(low).toBeLessThan(12.4);
  expect(high).toBeGreaterThan(12.4);
});

test('time ticks fall on round moments and never exceed the count by more than one', () => {
  const from = Date.UTC(2026, 10, 24, 12, 0, 7);
  const moments = timeTicks([from, from + 120_000], 4);
  expect(moments.length).toBeLessThanOrEqual(5);
  expect(moments.every((at) => at % 30_000 === 0)).toBe(true);
});
