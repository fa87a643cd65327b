import { expect, test } from 'vitest';
import { instantOfMinute, localMinute } from './zone';

test.each([
  ['Europe/Berlin', '2026-11-24T12:00', '2026-11-24T11:00:00Z'],
  ['Europe/Berlin', '2026-07-01T00:30', '2026-06-30T22:30:00Z'],
  ['America/New_York', '2026-11-24T23:59', '2026-11-25T04:59:00Z'],
  ['UTC', '1990-01-02T00:00', '1990-01-02T00:00:00Z'],
])('in %s a clock that shows %s is at %s', (zone, minute, instant) => {
  expect(instantOfMinute(minute, zone)).toBe(Date.parse(instant));
  expect(localMinute(Date.parse(instant) + 59_999, zone)).toBe(minute);
});
