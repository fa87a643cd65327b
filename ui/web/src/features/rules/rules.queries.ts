/** Thresholds of the fleet, and what is tried on the past before it is saved. */
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import {
  applyBudgetTrial,
  getAlertRules,
  getBudgetTrial,
  listBudgetTrials,
  resetAlertRules,
  setAlertRules,
  tryBudget,
  type AlertRules,
  type BudgetTrial,
  type BudgetTrialSummary,
  type OwnThreshold,
} from '@/api';
import { answer } from '@/shared/problem';

export type { BudgetTrial, BudgetTrialSummary };
export type BudgetOutcome = NonNullable<BudgetTrial['outcome']>;
export type TrialWish = { perVehicleWeek: number } | { thresholds: OwnThreshold[] };

const LOOK_MS = 2_000;
const PAGE = 10;
export const TRIED_DAYS = 30;

export const rulesQuery = queryOptions({
  queryKey: ['alert rules'],
  queryFn: ({ signal }) => answer(getAlertRules({ signal })),
  staleTime: 30_000,
});

/** Looked at again until it has ended. */
export function trialQuery(id: string) {
  return queryOptions({
    queryKey: ['budget trial', id],
    queryFn: ({ signal }) => answer(getBudgetTrial({ signal, path: { id } })),
    refetchInterval: ({ state: { data } }) => (data && isUnderWay(data) ? LOOK_MS : false),
  });
}

/** The newest first; looked at again while one is under way. */
export const trialsQuery = infiniteQueryOptions({
  queryKey: ['budget trials'],
  queryFn: ({ pageParam, signal }) =>
    answer(listBudgetTrials({ signal, query: { cursor: pageParam ?? undefined, limit: PAGE } })),
  initialPageParam: null as string | null,
  getNextPageParam: ({ nextCursor }) => nextCursor,
  refetchInterval: ({ state: { data } }) => (data?.pages.some(({ items }) => items.some(isUnderWay)) ? LOOK_MS : false),
});

export function isUnderWay({ state }: Pick<BudgetTrial, 'state'>): boolean {
  return state === 'WAITING' || state === 'RUNNING';
}

export function useTry() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: TrialWish) => answer(tryBudget({ body: { ...wish, days: TRIED_DAYS } })),
    onSuccess: (trial) => {
      queries.setQueryData(trialQuery(trial.trialId).queryKey, trial);
      void queries.invalidateQueries({ queryKey: trialsQuery.queryKey });
    },
  });
}

export function useApplyTrial() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(applyBudgetTrial({ path: { id } })),
    onSuccess: async (trial) => {
      queries.setQueryData(trialQuery(trial.trialId).queryKey, trial);
      void queries.invalidateQueries({ queryKey: trialsQuery.queryKey });
      await queries.invalidateQueries({ queryKey: rulesQuery.queryKey });
    },
  });
}

export function useSetRules() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (thresholds: OwnThreshold[]) => answer(setAlertRules({ body: { thresholds } })),
    onSuccess: (rules) => keep(queries, rules),
  });
}

export function useResetRules() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(resetAlertRules()),
    onSuccess: (rules) => keep(queries, rules),
  });
}

function keep(queries: QueryClient, rules: AlertRules): void {
  queries.setQueryData(rulesQuery.queryKey, rules);
}
