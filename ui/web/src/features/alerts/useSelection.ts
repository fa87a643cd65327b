/** Which alerts are ticked. One that has left the list is no longer ticked. */
import { useCallback, useMemo, useState } from 'react';
import type { Alert } from './alert';

export interface Selection {
  alerts: readonly Alert[];
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  clear: () => void;
  all: () => void;
}

export function useSelection(shown: readonly Alert[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((id: string) => setIds((known) => toggled(known, id)), []);
  return useMemo(
    () => ({
      alerts: shown.filter(({ id }) => ids.has(id)),
      has: (id) => ids.has(id),
      toggle,
      clear: () => setIds(new Set()),
      all: () => setIds(new Set(shown.map(({ id }) => id))),
    }),
    [shown, ids, toggle],
  );
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}
