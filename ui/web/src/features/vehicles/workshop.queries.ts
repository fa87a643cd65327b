/** A vehicle's visits to the workshop on the server. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { listVisits, recordVisit, withdrawVisit, type Visit, type VisitKey } from '@/api';
import { answer } from '@/shared/problem';
import { forecastQuery } from './vehicles.queries';

export type { Visit };

export function visitsQuery(vehicleId: string) {
  return queryOptions({
    queryKey: ['vehicles', 'visits', vehicleId],
    queryFn: ({ signal }) => answer(listVisits({ signal, path: { vehicleId } })),
    staleTime: 60_000,
  });
}

export function useRecordVisit(vehicleId: string) {
  return useVisitDeed(vehicleId, (body: Visit) => answer(recordVisit({ path: { vehicleId }, body })));
}

export function useWithdrawVisit(vehicleId: string) {
  return useVisitDeed(vehicleId, ({ component, at }: VisitKey) =>
    answer(withdrawVisit({ path: { vehicleId }, body: { component, at } })),
  );
}

/** What past forecasts are held against has changed with it. */
function useVisitDeed<Asked>(vehicleId: string, deed: (asked: Asked) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: deed,
    onSuccess: () =>
      Promise.all(
        [visitsQuery(vehicleId), forecastQuery(vehicleId)].map(({ queryKey }) => queries.invalidateQueries({ queryKey })),
      ),
  });
}
