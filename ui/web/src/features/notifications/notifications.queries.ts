/** Webhooks of the fleet, and how insistently it is told. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import {
  addWebhook,
  getNotifyRules,
  listWebhooks,
  removeWebhook,
  setNotifyRules,
  type EscalationStep,
  type NewWebhook,
  type NotificationRulesOutput,
  type Webhook,
} from '@/api';
import { answer } from '@/shared/problem';

export type { EscalationStep, Webhook };
export type NotificationRules = NotificationRulesOutput;

export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: async ({ signal }) => (await answer(listWebhooks({ signal }))).items,
});

export const notifyRulesQuery = queryOptions({
  queryKey: ['notification rules'],
  queryFn: ({ signal }) => answer(getNotifyRules({ signal })),
});

export function useAddWebhook() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewWebhook) => answer(addWebhook({ body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: webhooksQuery.queryKey }),
  });
}

export function useRemoveWebhook() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(removeWebhook({ path: { id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: webhooksQuery.queryKey }),
  });
}

export function useSaveRules() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NotificationRules) => answer(setNotifyRules({ body })),
    onSuccess: (rules) => queries.setQueryData(notifyRulesQuery.queryKey, rules),
  });
}
