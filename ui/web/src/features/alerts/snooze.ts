/** How long an alert can be put off: a few times that people mean. */
import type { Snooze } from '@/api';
import { zoneInUse } from '@/shared/reader/preferences';
import { instantOf } from '@/shared/time/zone';
import { dayAfter } from './alertFilter';

export const NAP_WORDS = {
  hour: 'For an hour',
  shift: 'For 4 hours',
  tomorrow: 'Until tomorrow, 08:00',
  days: 'For 3 days',
  week: 'For a week',
} as const;
export type Nap = keyof typeof NAP_WORDS;
export const NAPS = Object.keys(NAP_WORDS) as Nap[];

const MINUTES = { hour: 60, shift: 240, days: 3 * 1440, week: 7 * 1440 } as const;
const MORNING = '08:00';

/** What the server is asked; a length counts from there, by its own clock. */
export function snoozeOf(nap: Nap, now: number): Snooze {
  if (nap !== 'tomorrow') return { minutes: MINUTES[nap] };
  const zone = zoneInUse();
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now);
  return { until: new Date(instantOf(dayAfter(today), MORNING, zone)).toISOString() };
}
