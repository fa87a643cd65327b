import { expect, test } from 'vitest';
import { alertFilter, isPutAway, matches, periodOf, type AlertFilter } from './alertFilter';
import { alertAt } from './alertExamples';

const NOON = new Date(2026, 10, 24, 12).getTime();
const began = (at: number) => alertAt(0, { startedAt: new Date(at).toISOString(), driverId: 'd-17' });

test('an address with nonsense in it filters nothing', () => {
  expect(alertFilter({ severity: 'AWFUL', type: 7, within: 'aeon', from: 'yesterday', to: '2026-13-40', q: ' ' })).toEqual({});
});

test('every part of the filter survives the way through the address', () => {
  const filter: AlertFilter = {
    severity: 'HIGH',
    type: 'SPEEDING',
    state: 'LIVE',
    vehicle: 'VH-1',
    driver: 'd-17',
    q: 'ice on road',
    from: '2026-11-01',
    to: '2026-11-24',
  };
  expect(alertFilter({ ...filter })).toEqual(filter);
});

test('the last day of a period counts whole, in the time of the reader', () => {
  const { since, until } = periodOf({ from: '2026-11-23', to: '2026-11-24' }, NOON);
  expect([since, until]).toEqual([new Date(2026, 10, 23).getTime(), new Date(2026, 10, 25).getTime()]);
});

test.each<[AlertFilter, boolean]>([
  [{ driver: 'd-17' }, true],
  [{ driver: 'd-1' }, false],
  [{ q: 'HARSH BRAKING' }, true],
  [{ q: 'theft' }, false],
  [{ within: 'hour' }, true],
  [{ from: '2026-11-25' }, false],
  [{ to: '2026-11-23' }, false],
])('a live alert of noon under %o: %s', (filter, belongs) => {
  expect(matches(filter, began(NOON - 60_000), NOON)).toBe(belongs);
});

test('what began before the span does not come into the list', () => {
  expect(matches({ within: 'hour' }, began(NOON - 3_700_000), NOON)).toBe(false);
});

test.each<[AlertFilter, string | null, boolean]>([
  [{}, null, true],
  [{}, '2026-11-24T13:00:00Z', false],
  [{}, '2026-11-24T11:00:00Z', true],
  [{ state: 'OPEN' }, '2026-11-24T13:00:00Z', false],
  [{ state: 'SNOOZED' }, '2026-11-24T13:00:00Z', true],
  [{ state: 'SNOOZED' }, null, false],
])('under %o an alert that is snoozed until %s belongs into the list at noon: %s', (filter, snoozedUntil, belongs) => {
  const noon = Date.UTC(2026, 10, 24, 12);
  const alert = alertAt(0, { snoozedUntil });
  expect(matches(filter, alert, noon)).toBe(belongs);
  expect(isPutAway(filter, alert, noon)).toBe(!belongs);
});
