/** Times in words. The reader's own time zone on screen; the machine-readable form stays UTC. */
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY_AND_CLOCK = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

export type Instant = string | number | Date;

export function clock(at: Instant): string {
  return CLOCK.format(new Date(at));
}

export function dayAndClock(at: Instant): string {
  return DAY_AND_CLOCK.format(new Date(at));
}

export function fullTime(at: Instant): string {
  return FULL.format(new Date(at));
}

const MINUTE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export function day(at: Instant): string {
  return DAY.format(new Date(at));
}

/** What an axis says whose labels are so far apart: seconds, minutes, or days. */
export function axisMoment(stepMs: number): (at: Instant) => string {
  if (stepMs < 60_000) return clock;
  return stepMs < 86_400_000 ? (at) => MINUTE.format(new Date(at)) : day;
}

/** "just now", "4 min ago", "3 h ago", "2 days ago". */
export function ago(at: Instant, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(at).getTime()) / 1000));
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day ago' : `${days} days ago`;
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
