/** What the dashboard asks the server for. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { getTrends, listAnomalies, listForecasts, type Anomaly, type Forecast } from '@/api';
import { answer } from '@/shared/problem';
import { bucketOf, PERIOD_MS, type Period } from './period';

const REFRESH_MS = 60_000;
const PAGE = 500;
const MOST_PAGES = 4;

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Rows, and whether there were more than were asked for. */
export interface Rows<Item> {
  items: Item[];
  isAll: boolean;
}

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
    queryFn: ({ signal }): Promise<Rows<Anomaly>> => {
      const from = startOf(period);
      return rows((cursor) => answer(listAnomalies({ signal, query: { from, limit: PAGE, cursor } })));
    },
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export const risksQuery = queryOptions({
  queryKey: ['dashboard', 'risks'],
  queryFn: ({ signal }): Promise<Rows<Forecast>> =>
    rows((cursor) => answer(listForecasts({ signal, query: { limit: PAGE, cursor } }))),
  refetchInterval: REFRESH_MS,
});

function startOf(period: Period): string {
  return new Date(Date.now() - PERIOD_MS[period]).toISOString();
}

async function rows<Item>(ask: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Rows<Item>> {
  const items: Item[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; page < MOST_PAGES && cursor !== null; page += 1) {
    const found = await ask(cursor);
    items.push(...found.items);
    cursor = found.nextCursor;
  }
  return { items, isAll: cursor === null };
}
