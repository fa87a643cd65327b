/** Alerts on the server: search, one, acknowledge. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { acknowledgeAnomaly, getAnomaly, listAnomalies } from '@/api';
import { answer, ApiProblem } from '@/shared/problem';
import type { Alert, AlertDetail } from './alert';
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

/** Takes charge of an alert. When somebody else was first, the server's answer shows who. */
export function useAcknowledge(onChanged: (alert: Alert) => void) {
  const queries = useQueryClient();
  const changed = (alert: Alert) => {
    onChanged(alert);
    queries.setQueryData(alertQuery(alert.id).queryKey, (known: AlertDetail | undefined) => known && { ...known, ...alert });
    void queries.invalidateQueries({ queryKey: alertQuery(alert.id).queryKey });
  };
  return useMutation({
    mutationFn: (id: string) => answer(acknowledgeAnomaly({ path: { id } })),
    onSuccess: changed,
    onError: (problem) => {
      const present = problem instanceof ApiProblem ? (problem.body as { anomaly?: Alert } | undefined)?.anomaly : undefined;
      if (present) changed(present);
    },
  });
}
