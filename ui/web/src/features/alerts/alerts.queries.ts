/** Alerts on the server: search, one, and the deeds of people. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import {
  acknowledgeAnomaly,
  assignAnomaly,
  commentOnAnomaly,
  confirmAnomaly,
  dismissAnomaly,
  getAnomaly,
  listAnomalies,
  resolveAnomaly,
} from '@/api';
import { answer, ApiProblem } from '@/shared/problem';
import type { Alert, AlertDetail, DismissalReason } from './alert';
import { periodOf, statesOf, type AlertFilter } from './alertFilter';

const PAGE = 50;
const RELATED = 50;
const RELATED_SHOWN = 6;
const DAY_MS = 86_400_000;

export function alertsQuery(filter: AlertFilter) {
  return infiniteQueryOptions({
    queryKey: ['alerts', 'list', filter],
    queryFn: ({ pageParam, signal }) => {
      const { since, until } = periodOf(filter, Date.now());
      return answer(
        listAnomalies({
          signal,
          query: {
            vehicleId: filter.vehicle,
            driverId: filter.driver,
            q: filter.q,
            from: since === undefined ? undefined : new Date(since).toISOString(),
            to: until === undefined ? undefined : new Date(until).toISOString(),
            severity: filter.severity && [filter.severity],
            type: filter.type && [filter.type],
            state: statesOf(filter.state),
            cursor: pageParam ?? undefined,
            limit: PAGE,
          },
        }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
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
  const around = { from: new Date(began - DAY_MS).toISOString(), to: new Date(began + DAY_MS).toISOString(), limit: RELATED };
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
  };
}

/** The alert as it is now, where the server refused because somebody else was first. */
function presentOf(problem: unknown): Alert | undefined {
  return problem instanceof ApiProblem ? (problem.body as { anomaly?: Alert } | undefined)?.anomaly : undefined;
}

export type Deed =
  | { kind: 'acknowledge' | 'confirm' | 'assign' | 'resolve' }
  | { kind: 'dismiss'; reason: DismissalReason }
  | { kind: 'comment'; text: string };
export type DeedKind = Deed['kind'];

/** What people do with an alert. When somebody else was first, the server's answer shows who. */
export function useDeed(onChanged?: (alert: Alert) => void) {
  const changed = useChanged(onChanged);
  return useMutation({
    mutationFn: ({ id, deed }: { id: string; deed: Deed }) => answer(call(id, deed)),
    onSuccess: changed,
    onError: (problem) => {
      const present = presentOf(problem);
      if (present) changed(present);
    },
  });
}

function call(id: string, deed: Deed): ReturnType<typeof acknowledgeAnomaly> {
  const path = { id };
  switch (deed.kind) {
    case 'acknowledge':
      return acknowledgeAnomaly({ path });
    case 'confirm':
      return confirmAnomaly({ path });
    case 'assign':
      return assignAnomaly({ path });
    case 'resolve':
      return resolveAnomaly({ path });
    case 'dismiss':
      return dismissAnomaly({ path, body: { reason: deed.reason } });
    case 'comment':
      return commentOnAnomaly({ path, body: { text: deed.text } });
  }
}
