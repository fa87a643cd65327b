/** Alerts on the server: search, one, and the deeds of people. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { getAnomaly, listAnomalies, type AnomalyPage } from '@/api';
import { sessionQuery } from '@/features/session/session';
import { orLastKnown } from '@/shared/offline/lastKnown';
import { answer, ApiProblem, isUnreachable } from '@/shared/problem';
import type { Alert, AlertDetail } from './alert';
import { callDeed, type Deed } from './alertDeed';
import { alertOutbox, entryOf, mayWait } from './alertOutbox';
import { matches, periodOf, statesOf, type AlertFilter } from './alertFilter';

const PAGE = 50;
const NEWEST = 'alerts';
const LISTS = ['alerts', 'list'];
const RELATED = 50;
const RELATED_SHOWN = 6;
const DAY_MS = 86_400_000;

export function alertsQuery(filter: AlertFilter) {
  return infiniteQueryOptions({
    queryKey: [...LISTS, filter],
    queryFn: ({ pageParam, signal }) => {
      const ask = () =>
        answer(listAnomalies({ signal, query: { ...asked(filter), cursor: pageParam ?? undefined, limit: PAGE } }));
      if (pageParam !== null) return ask();
      return Object.keys(filter).length === 0 ? orLastKnown(NEWEST, ask, outlineOf) : orFromNewest(filter, ask);
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
}

function asked(filter: AlertFilter) {
  const { since, until } = periodOf(filter, Date.now());
  return {
    vehicleId: filter.vehicle,
    driverId: filter.driver,
    q: filter.q,
    from: since === undefined ? undefined : new Date(since).toISOString(),
    to: until === undefined ? undefined : new Date(until).toISOString(),
    severity: filter.severity && [filter.severity],
    type: filter.type && [filter.type],
    state: statesOf(filter.state),
    snoozed: filter.state === 'SNOOZED' ? ('only' as const) : ('include' as const), // the list knows them, and when they are back
  };
}

/** Without a connection: those of the newest alerts that match. */
async function orFromNewest(filter: AlertFilter, ask: () => Promise<AnomalyPage>): Promise<AnomalyPage> {
  try {
    return await ask();
  } catch (problem) {
    const newest = await orLastKnown(NEWEST, () => Promise.reject(problem as Error), outlineOf);
    return { items: newest.items.filter((alert) => matches(filter, alert)), nextCursor: null };
  }
}

/** What may lie in the browser: which alert, how grave, in what state; nothing about people and no readings. */
function outlineOf({ items }: AnomalyPage): AnomalyPage {
  const bare = {
    driverId: null,
    evidence: [],
    acknowledgedBy: null,
    acknowledgedByName: null,
    assignedTo: null,
    assignedToName: null,
    snoozedBy: null,
    snoozedByName: null,
  };
  return { items: items.map((alert) => ({ ...alert, ...bare })), nextCursor: null };
}

export function alertQuery(id: string) {
  return queryOptions({
    queryKey: ['alerts', 'one', id],
    queryFn: ({ signal }) => answer(getAnomaly({ signal, path: { id } })),
  });
}

/** Other alerts of the vehicle and of the driver within a day, the nearest in time first. */
export function relatedQuery({ id, vehicleId, driverId, startedAt }: Alert) {
  const began = Date.parse(startedAt);
  const around = {
    from: new Date(began - DAY_MS).toISOString(),
    to: new Date(began + DAY_MS).toISOString(),
    limit: RELATED,
    snoozed: 'include' as const,
  };
  return queryOptions({
    queryKey: ['alerts', 'related', id],
    queryFn: async ({ signal }): Promise<Alert[]> => {
      const asked = [{ vehicleId }, ...(driverId ? [{ driverId }] : [])];
      const pages = await Promise.all(asked.map((whose) => answer(listAnomalies({ signal, query: { ...whose, ...around } }))));
      const found = new Map(pages.flatMap(({ items }) => items).map((alert) => [alert.id, alert]));
      found.delete(id);
      const distance = (alert: Alert) => Math.abs(Date.parse(alert.startedAt) - began);
      return [...found.values()].sort((a, b) => distance(a) - distance(b)).slice(0, RELATED_SHOWN);
    },
  });
}

/** Shows the alert as the server answered it, in the lists and on its page. */
function useChanged(onChanged?: (alert: Alert) => void): (alert: Alert) => void {
  const queries = useQueryClient();
  return (alert) => {
    onChanged?.(alert);
    queries.setQueryData(alertQuery(alert.id).queryKey, (known: AlertDetail | undefined) => known && { ...known, ...alert });
    void queries.invalidateQueries({ queryKey: alertQuery(alert.id).queryKey });
    queries.setQueriesData<InfiniteData<AnomalyPage>>({ queryKey: LISTS }, (known) => known && withVersion(known, alert));
  };
}

function withVersion({ pages, pageParams }: InfiniteData<AnomalyPage>, version: Alert): InfiniteData<AnomalyPage> {
  const renewed = (alert: Alert) => (alert.id === version.id ? version : alert);
  return { pageParams, pages: pages.map((page) => ({ ...page, items: page.items.map(renewed) })) };
}

/** The alert as it is now, where the server refused because somebody else was first. */
function presentOf(problem: unknown): Alert | undefined {
  return problem instanceof ApiProblem ? (problem.body as { anomaly?: Alert } | undefined)?.anomaly : undefined;
}

/** What people do with an alert. When somebody else was first, the server's answer shows who; without a connection, some deeds wait. */
export function useDeed(onChanged?: (alert: Alert) => void) {
  const changed = useChanged(onChanged);
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ alert, deed }: { alert: Alert; deed: Deed }): Promise<Alert | 'waits'> => {
      try {
        return await answer(callDeed(alert.id, deed));
      } catch (problem) {
        const author = queries.getQueryData(sessionQuery.queryKey)?.userId;
        if (!isUnreachable(problem) || !mayWait(deed) || !author) throw problem;
        await alertOutbox.add(entryOf(alert, deed, author));
        return 'waits';
      }
    },
    onSuccess: (outcome) => outcome !== 'waits' && changed(outcome),
    onError: (problem) => {
      const present = presentOf(problem);
      if (present) changed(present);
    },
  });
}
