/** Thresholds of the fleet, and budgets that are tried on the past. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { applyBudgetTrial, getAlertRules, getBudgetTrial, resetAlertRules, tryBudget, type BudgetTrial } from '@/api';
import { answer } from '@/shared/problem';

export type { BudgetTrial };
export type BudgetOutcome = NonNullable<BudgetTrial['outcome']>;

const LOOK_MS = 2_000;
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
    refetchInterval: ({ state: { data } }) => (data && !isUnderWay(data) ? false : LOOK_MS),
  });
}

export function isUnderWay({ state }: BudgetTrial): boolean {
  return state === 'WAITING' || state === 'RUNNING';
}

export function useTryBudget() {
  return useMutation({
    mutationFn: (perVehicleWeek: number) => answer(tryBudget({ body: { perVehicleWeek, days: TRIED_DAYS } })),
  });
}

export function useApplyTrial() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(applyBudgetTrial({ path: { id } })),
    onSuccess: async (trial) => {
      queries.setQueryData(trialQuery(trial.trialId).queryKey, trial);
      await queries.invalidateQueries({ queryKey: rulesQuery.queryKey });
    },
  });
}

export function useResetRules() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(resetAlertRules()),
    onSuccess: (rules) => queries.setQueryData(rulesQuery.queryKey, rules),
  });
}
