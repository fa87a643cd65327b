/** What the person who is signed in has waiting; what others left in this browser is not theirs to see. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { sessionQuery } from '@/features/session/session';
import { waits } from '@/shared/offline/outbox';
import type { DeedKind } from './alertDeed';
import { alertOutbox, type AlertEntry } from './alertOutbox';

export function useOutbox(): readonly AlertEntry[] {
  const { data: session } = useQuery(sessionQuery);
  const entries = useSyncExternalStore(alertOutbox.subscribe, alertOutbox.entries);
  return entries.filter(({ userId }) => userId === session?.userId);
}

/** Asked by every row of a long list, so it subscribes to the outbox only. */
export function useIsWaiting(alertId: string, kind: DeedKind): boolean {
  const queries = useQueryClient();
  const isWaiting = (entry: AlertEntry) => entry.subject === alertId && entry.deed.kind === kind && waits(entry);
  return useSyncExternalStore(alertOutbox.subscribe, () => {
    const who = queries.getQueryData(sessionQuery.queryKey)?.userId;
    return alertOutbox.entries().some((entry) => entry.userId === who && isWaiting(entry));
  });
}
