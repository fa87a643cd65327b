/** Days in a time zone. */

/** The instant of a clock time on a day, in epoch milliseconds; without a zone, in the browser's own. */
export function instantOf(isoDay: string, clock: string, timeZone: string | undefined): number {
  const asUtc = Date.parse(`${isoDay}T${clock}:00Z`);
  const first = asUtc - offsetAt(asUtc, timeZone);
  return asUtc - offsetAt(first, timeZone);
}

export function startOfDay(isoDay: string, timeZone: string | undefined): number {
  return instantOf(isoDay, '00:00', timeZone);
}

/** What calendar and clock show at an instant, to the minute: "2026-11-24T12:00". */
export function localMinute(instant: number, timeZone: string | undefined): string {
  return new Date(instant + offsetAt(instant, timeZone)).toISOString().slice(0, 16);
}

/** The instant at which calendar and clock show "2026-11-24T12:00". */
export function instantOfMinute(minute: string, timeZone: string | undefined): number {
  return instantOf(minute.slice(0, 10), minute.slice(11, 16), timeZone);
}

/** How far the zone is ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - instant;
}
