/** Drivers on the server: the ranking, and one driver day by day. */
import { queryOptions } from '@tanstack/react-query';
import { getDriverHistory, listDriverScores, type DriverScore, type DriverScorePage } from '@/api';
import { answer } from '@/shared/problem';

const PAGE = 500;
const HISTORY_DAYS = 90;

export interface Ranking {
  drivers: DriverScore[];
  rules: DriverScorePage['rules'];
}

/** All drivers, page after page: the ranking is read as a whole. */
export const rankingQuery = queryOptions({
  queryKey: ['drivers', 'ranking'],
  queryFn: async ({ signal }): Promise<Ranking> => {
    const drivers: DriverScore[] = [];
    let page = await rankingPage(undefined, signal);
    drivers.push(...page.items);
    while (page.nextCursor !== null) {
      page = await rankingPage(page.nextCursor, signal);
      drivers.push(...page.items);
    }
    return { drivers, rules: page.rules };
  },
  staleTime: 60_000,
});

function rankingPage(cursor: string | undefined, signal: AbortSignal): Promise<DriverScorePage> {
  return answer(listDriverScores({ signal, query: { limit: PAGE, cursor } }));
}

export function driverQuery(driverId: string) {
  return queryOptions({
    queryKey: ['drivers', 'history', driverId],
    queryFn: ({ signal }) => answer(getDriverHistory({ signal, path: { driverId }, query: { days: HISTORY_DAYS } })),
    staleTime: 60_000,
  });
}
