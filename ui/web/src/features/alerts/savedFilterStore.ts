/** Filters that a person has given a name; kept in this browser, apart for each person. */
import { useCallback, useState } from 'react';
import { alertFilter, type AlertFilter } from './alertFilter';

export interface SavedFilter {
  name: string;
  filter: AlertFilter;
}

const keyOf = (userId: string) => `fleetguard.savedFilters.${userId}`;

export function readSavedFilters(userId: string): SavedFilter[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]');
    return Array.isArray(stored) ? stored.flatMap(savedFilter) : [];
  } catch {
    return []; // what another version or a person wrote there is not ours to repair
  }
}

function savedFilter(stored: { name?: unknown; filter?: unknown }): SavedFilter[] {
  if (typeof stored?.name !== 'string' || typeof stored.filter !== 'object' || stored.filter === null) return [];
  return [{ name: stored.name, filter: alertFilter({ ...stored.filter }) }];
}

/** A filter saved under a known name takes its place. */
export function useSavedFilters(userId: string) {
  const [saved, setSaved] = useState(() => readSavedFilters(userId));
  const keep = useCallback(
    (next: SavedFilter[]) => {
      localStorage.setItem(keyOf(userId), JSON.stringify(next));
      setSaved(next);
    },
    [userId],
  );
  return {
    saved,
    save: (name: string, filter: AlertFilter) => keep([...saved.filter((one) => one.name !== name), { name, filter }]),
    remove: (name: string) => keep(saved.filter((one) => one.name !== name)),
  };
}
