/** What the dashboard asks the server for. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getFailureRate, getResponseTimes, getTrends, listForecasts } from '@/api';
import { answer } from '@/shared/problem';
import { bucketOf, PERIOD_MS, type Period } from './period';

const REFRESH_MS = 60_000;
const WORST = 5;

export function trendsQuery(period: Period) {
  return queryOptions({
    queryKey: ['dashboard', 'trends', period],
    queryFn: ({ signal }) => answer(getTrends({ signal, query: { from: startOf(period), bucket: bucketOf(period).name } })),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export function responsesQuery(period: Period) {
  return queryOptions({
    queryKey: ['dashboard', 'responses', period],
    queryFn: ({ signal }) => answer(getResponseTimes({ signal, query: { from: startOf(period) } })),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export const failureRateQuery = queryOptions({
  queryKey: ['dashboard', 'failure rate'],
  queryFn: ({ signal }) => answer(getFailureRate({ signal })),
  refetchInterval: REFRESH_MS,
});

export const worstRisksQuery = queryOptions({
  queryKey: ['dashboard', 'worst risks'],
  queryFn: async ({ signal }) => (await answer(listForecasts({ signal, query: { limit: WORST } }))).items,
  refetchInterval: REFRESH_MS,
});

function startOf(period: Period): string {
  return new Date(Date.now() - PERIOD_MS[period]).toISOString();
}
