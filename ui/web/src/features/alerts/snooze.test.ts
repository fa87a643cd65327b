import { afterEach, expect, test } from 'vitest';
import { keepPreferences, preferences } from '@/shared/reader/preferences';
import { mayWait } from './alertOutbox';
import { snoozeOf } from './snooze';

afterEach(() => localStorage.clear());

test.each([
  ['Europe/Berlin', '2026-11-24T22:30:00Z', '2026-11-25T07:00:00.000Z'],
  ['Europe/Berlin', '2026-11-24T23:30:00Z', '2026-11-26T07:00:00.000Z'], // it is the 25th there
  ['America/New_York', '2026-11-24T22:30:00Z', '2026-11-25T13:00:00.000Z'],
  ['Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T07:00:00.000Z'], // summer time ends that night
])('in %s, asked at %s, tomorrow morning is %s', (timeZone, now, until) => {
  keepPreferences({ ...preferences(), timeZone });
  expect(snoozeOf('tomorrow', Date.parse(now))).toEqual({ until });
});

test('a length is left to the clock of the server', () => {
  expect(snoozeOf('days', Date.now())).toEqual({ minutes: 4320 });
});

test('a snooze does not wait for a connection: an hour later it would mean another hour', () => {
  expect(mayWait({ kind: 'snooze', time: { minutes: 60 } })).toBe(false);
  expect(mayWait({ kind: 'unsnooze' })).toBe(false);
});
