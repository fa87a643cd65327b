/** Which alerts to show. The filter is the address, so that a view can be shared as a link. */
import { zoneInUse } from '@/shared/reader/preferences';
import { SEVERITIES, type Severity } from '@/shared/severity/severity';
import { startOfDay } from '@/shared/time/zone';
import { isAsleep, LIVE_STATES, STATE_WORDS, TYPE_WORDS, type Alert, type AlertState, type AlertType } from './alert';

export type StateChoice = AlertState | 'LIVE' | 'SNOOZED';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back from now. */
export const SPAN_MS = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
export type Span = keyof typeof SPAN_MS;

export interface AlertFilter {
  severity?: Severity;
  type?: AlertType;
  state?: StateChoice;
  vehicle?: string;
  driver?: string;
  q?: string;
  within?: Span;
  /** Days of the reader, "2026-11-24", both inclusive. */
  from?: string;
  to?: string;
}

function oneOf<Key extends string>(keys: readonly Key[], value: unknown): Key | undefined {
  return keys.find((key) => key === value);
}

const keysOf = <Key extends string>(words: Record<Key, unknown>) => Object.keys(words) as Key[];

function text(value: unknown): string | undefined {
  return (typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '') || undefined;
}

function day(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** Reads the filter out of the address; what makes no sense there is left out. */
export function alertFilter(search: Record<string, unknown>): AlertFilter {
  return compact({
    severity: oneOf(SEVERITIES, search.severity),
    type: oneOf(keysOf(TYPE_WORDS), search.type),
    state: oneOf<StateChoice>(['LIVE', 'SNOOZED', ...keysOf(STATE_WORDS)], search.state),
    vehicle: text(search.vehicle),
    driver: text(search.driver),
    q: text(search.q),
    within: oneOf(keysOf(SPAN_MS), search.within),
    from: day(search.from),
    to: day(search.to),
  });
}

/** Without the parts that restrict nothing. */
export function compact(filter: AlertFilter): AlertFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''));
}

/** Whether it restricts by what stands behind "Vehicle, driver, time". */
export function hasFurther({ vehicle, driver, within, from, to }: AlertFilter): boolean {
  return [vehicle, driver, within, from, to].some((part) => part !== undefined);
}

export function statesOf(choice: StateChoice | undefined): AlertState[] | undefined {
  if (choice === undefined || choice === 'SNOOZED') return undefined;
  return choice === 'LIVE' ? [...LIVE_STATES] : [choice];
}

/** The period in epoch milliseconds; chosen days count from the reader's midnight to the next. */
export function periodOf({ within, from, to }: AlertFilter, now: number): { since?: number; until?: number } {
  const zone = zoneInUse();
  const since = within ? now - SPAN_MS[within] : from ? startOfDay(from, zone) : undefined;
  return { since, until: to && !within ? startOfDay(dayAfter(to), zone) : undefined };
}

export function dayAfter(isoDay: string): string {
  return new Date(Date.parse(`${isoDay}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/** A snoozed alert is in the list of the snoozed and in no other. */
export function isPutAway({ state }: AlertFilter, alert: Alert, now?: number): boolean {
  return isAsleep(alert, now) !== (state === 'SNOOZED');
}

/** Whether an alert from the live stream belongs into the filtered list. */
export function matches(filter: AlertFilter, alert: Alert, now = Date.now()): boolean {
  const { since = -Infinity, until = Infinity } = periodOf(filter, now);
  const began = Date.parse(alert.startedAt);
  return (
    (filter.severity === undefined || filter.severity === alert.severity) &&
    (filter.type === undefined || filter.type === alert.type) &&
    (filter.vehicle === undefined || filter.vehicle === alert.vehicleId) &&
    (filter.driver === undefined || filter.driver === alert.driverId) &&
    (statesOf(filter.state)?.includes(alert.state) ?? true) &&
    !isPutAway(filter, alert, now) &&
    began >= since &&
    began < until &&
    (filter.q === undefined || searched(alert).includes(filter.q.toLowerCase()))
  );
}

/** What the server looks through for a text. */
function searched({ vehicleId, driverId, type, evidence }: Alert): string {
  return [vehicleId, driverId, type, type.replaceAll('_', ' '), JSON.stringify(evidence)].join(' ').toLowerCase();
}
