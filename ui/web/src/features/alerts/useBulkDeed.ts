/** One deed on many alerts, a few at a time; what was refused is told alert by alert. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { inWords } from '@/shared/problem';
import type { Alert } from './alert';
import type { Deed } from './alertDeed';
import { useDeed } from './alerts.queries';

const AT_ONCE = 4;

export interface Refusal {
  alert: Alert;
  reason: string;
}

export function useBulkDeed(onChanged: (alert: Alert) => void) {
  const { mutateAsync } = useDeed(onChanged);
  const [done, setDone] = useState(0);
  const bulk = useMutation({
    mutationFn: async ({ alerts, deed }: { alerts: readonly Alert[]; deed: Deed }) => {
      const refusals: Refusal[] = [];
      setDone(0);
      await eachOf(alerts, async (alert) => {
        try {
          await mutateAsync({ alert, deed });
        } catch (problem) {
          refusals.push({ alert, reason: inWords(problem) });
        }
        setDone((count) => count + 1);
      });
      return { done: alerts.length - refusals.length, refusals };
    },
  });
  return { ...bulk, progress: done };
}

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
