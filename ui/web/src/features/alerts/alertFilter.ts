/** Which alerts to show. The filter is the address, so that a view can be shared as a link. */
import { SEVERITIES, type Severity } from '@/shared/severity/severity';
import { LIVE_STATES, STATE_WORDS, TYPE_WORDS, type Alert, type AlertState, type AlertType } from './alert';

export type StateChoice = AlertState | 'LIVE';

export interface AlertFilter {
  severity?: Severity;
  type?: AlertType;
  state?: StateChoice;
  vehicle?: string;
}

function oneOf<Key extends string>(keys: readonly Key[], value: unknown): Key | undefined {
  return keys.find((key) => key === value);
}

const keysOf = <Key extends string>(words: Record<Key, string>) => Object.keys(words) as Key[];

/** Reads the filter out of the address; what makes no sense there is left out. */
export function alertFilter(search: Record<string, unknown>): AlertFilter {
  const vehicle = typeof search.vehicle === 'string' || typeof search.vehicle === 'number' ? String(search.vehicle).trim() : '';
  const filter: AlertFilter = {
    severity: oneOf(SEVERITIES, search.severity),
    type: oneOf(keysOf(TYPE_WORDS), search.type),
    state: search.state === 'LIVE' ? 'LIVE' : oneOf(keysOf(STATE_WORDS), search.state),
    vehicle: vehicle || undefined,
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

export function statesOf(choice: StateChoice | undefined): AlertState[] | undefined {
  if (choice === undefined) return undefined;
  return choice === 'LIVE' ? [...LIVE_STATES] : [choice];
}

/** Whether an alert from the live stream belongs into the filtered list. */
export function matches(filter: AlertFilter, alert: Alert): boolean {
  return (
    (filter.severity === undefined || filter.severity === alert.severity) &&
    (filter.type === undefined || filter.type === alert.type) &&
    (filter.vehicle === undefined || filter.vehicle === alert.vehicleId) &&
    (statesOf(filter.state)?.includes(alert.state) ?? true)
  );
}
