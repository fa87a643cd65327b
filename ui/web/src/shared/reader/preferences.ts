/** How this reader likes to read: language, units, time zone. Kept in the browser, and read once when the page opens. */
export const LANGUAGES = ['system', 'en', 'de'] as const;
export const UNITS = ['metric', 'imperial'] as const;
export const SYSTEM_ZONE = 'system';

export interface Preferences {
  language: (typeof LANGUAGES)[number];
  units: (typeof UNITS)[number];
  /** An IANA name, or `SYSTEM_ZONE`. */
  timeZone: string;
}

const KEY = 'fleetguard.preferences';

export function preferences(): Preferences {
  const stored = parsed(localStorage.getItem(KEY));
  return {
    language: LANGUAGES.find((one) => one === stored.language) ?? 'system',
    units: UNITS.find((one) => one === stored.units) ?? 'metric',
    timeZone: isZone(stored.timeZone) ? stored.timeZone : SYSTEM_ZONE,
  };
}

export function keepPreferences(chosen: Preferences): void {
  localStorage.setItem(KEY, JSON.stringify(chosen));
}

function parsed(text: string | null): Partial<Record<keyof Preferences, unknown>> {
  try {
    return (JSON.parse(text ?? '{}') as Partial<Record<keyof Preferences, unknown>> | null) ?? {};
  } catch {
    return {};
  }
}

function isZone(name: unknown): name is string {
  if (typeof name !== 'string' || name === SYSTEM_ZONE) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The zone for `Intl`; undefined is the browser's own. */
export function zoneInUse(): string | undefined {
  const { timeZone } = preferences();
  return timeZone === SYSTEM_ZONE ? undefined : timeZone;
}
