/** Times in words, in the reader's language and time zone; the machine-readable form stays UTC. */
import { counted, localeInUse, t } from '@/shared/language/language';
import { zoneInUse } from '@/shared/reader/preferences';

export type Instant = string | number | Date;

/** Made at the first use: by then the page knows its reader. */
function writer(options: Intl.DateTimeFormatOptions): (at: Instant) => string {
  let made: Intl.DateTimeFormat | undefined;
  return (at) => (made ??= new Intl.DateTimeFormat(localeInUse(), { timeZone: zoneInUse(), ...options })).format(new Date(at));
}

const MINUTE = { hour: '2-digit', minute: '2-digit' } as const;
const CLOCK = { ...MINUTE, second: '2-digit' } as const;
const DAY = { day: 'numeric', month: 'short' } as const;

export const clock = writer(CLOCK);
export const dayAndClock = writer({ ...DAY, ...CLOCK });
export const dayAndMinute = writer({ ...DAY, ...MINUTE });
export const fullTime = writer({ dateStyle: 'full', timeStyle: 'long' });
export const dateAndMinute = writer({ dateStyle: 'medium', timeStyle: 'short' });
const minute = writer(MINUTE);
const day = writer(DAY);

/** What an axis says whose labels are so far apart: seconds, minutes, or days. */
export function axisMoment(stepMs: number): (at: Instant) => string {
  if (stepMs < 60_000) return clock;
  return stepMs < 86_400_000 ? minute : day;
}

/** "just now", "4 min ago", "3 h ago", "2 days ago". */
export function ago(at: Instant, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  if (seconds < 10) return t('just now');
  if (seconds < 60) return t('{count} s ago', { count: Math.floor(seconds / 10) * 10 });
  if (seconds < 3600) return t('{count} min ago', { count: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t('{count} h ago', { count: Math.floor(seconds / 3600) });
  const days = Math.floor(seconds / 86_400);
  return counted(days, '1 day ago', '{count} days ago');
}

/** "45 s", "4 min 5 s", "2 h 10 min". */
export function duration(from: Instant, to: Instant): string {
  const seconds = Math.max(0, Math.round((new Date(to).getTime() - new Date(from).getTime()) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}
