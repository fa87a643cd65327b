/** Alerts on the server: search, one, acknowledge. */
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
import { statesOf, type AlertFilter } from './alertFilter';

const PAGE = 50;

export function alertsQuery(filter: AlertFilter) {
  return infiniteQueryOptions({
    queryKey: ['alerts', 'list', filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        listAnomalies({
          signal,
          query: {
            vehicleId: filter.vehicle,
            severity: filter.severity && [filter.severity],
            type: filter.type && [filter.type],
            state: statesOf(filter.state),
            cursor: pageParam ?? undefined,
            limit: PAGE,
          },
        }),
      ),
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

/** Takes charge of an alert. When somebody else was first, the server's answer shows who. */
export function useAcknowledge(onChanged: (alert: Alert) => void) {
  return useDeedOf((id: string) => acknowledgeAnomaly({ path: { id } }), onChanged);
}

export type Deed =
  { kind: 'confirm' | 'assign' | 'resolve' } | { kind: 'dismiss'; reason: DismissalReason } | { kind: 'comment'; text: string };

/** What people do on an alert's page. */
export function useDeed(id: string) {
  return useDeedOf((deed: Deed) => call(id, deed));
}

function useDeedOf<Asked>(ask: (asked: Asked) => ReturnType<typeof call>, onChanged?: (alert: Alert) => void) {
  const changed = useChanged(onChanged);
  return useMutation({
    mutationFn: (asked: Asked) => answer(ask(asked)),
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
