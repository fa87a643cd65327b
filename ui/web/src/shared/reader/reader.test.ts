import { beforeEach, expect, test } from 'vitest';
import { startOfDay } from '@/shared/time/zone';
import { keepPreferences, preferences } from './preferences';
import { inReaderUnits, seriesInReaderUnits } from './units';

beforeEach(() => localStorage.clear());

test.each(['{"broken', 'null', '{"language":"tlh","units":3,"timeZone":"Mars/Base"}'])(
  'from %s nothing is taken over',
  (text) => {
    localStorage.setItem('fleetguard.preferences', text);
    expect(preferences()).toEqual({ language: 'system', units: 'metric', timeZone: 'system' });
  },
);

test('readings are metric until somebody asks for other units', () => {
  expect(inReaderUnits(100, 'km/h')).toEqual({ value: 100, unit: 'km/h' });
  keepPreferences({ language: 'system', units: 'imperial', timeZone: 'system' });
  expect(inReaderUnits(100, '°C')).toEqual({ value: 212, unit: '°F' });
  expect(inReaderUnits(12.4, 'V')).toEqual({ value: 12.4, unit: 'V' });
});

test('a missing reading stays missing in every unit', () => {
  keepPreferences({ language: 'system', units: 'imperial', timeZone: 'system' });
  expect(seriesInReaderUnits({ unit: '°C', values: [0, null] })).toEqual({ unit: '°F', values: [32, null] });
});

test.each([
  ['2026-11-24', 'Europe/Berlin', '2026-11-23T23:00:00.000Z'],
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-07-01', 'America/New_York', '2026-07-01T04:00:00.000Z'],
  ['2026-11-24', 'Asia/Kolkata', '2026-11-23T18:30:00.000Z'],
])('the day %s begins in %s at %s', (day, zone, instant) => {
  expect(new Date(startOfDay(day, zone)).toISOString()).toBe(instant);
});
