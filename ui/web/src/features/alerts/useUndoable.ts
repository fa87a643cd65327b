/** Whether the person did the last step on an alert, and not longer ago than it can be taken back. */
import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '@/features/session/session';
import { useNow } from '@/shared/time/useNow';
import type { AlertDetail } from './alert';

const WITHIN_MS = 24 * 3_600_000;
const STEPS = [
  'acknowledged',
  'assigned',
  'resolved',
  'confirmed',
  'dismissed',
  'reopened',
  'snoozed',
  'unsnoozed',
  'undone',
].map((deed) => `alert.${deed}`);

export function useUndoable({ history }: AlertDetail): boolean {
  const userId = useQuery(sessionQuery).data?.userId;
  const now = useNow();
  const last = history.findLast(({ action, actor }) => STEPS.includes(action) && !actor.startsWith('system:'));
  return last !== undefined && last.action !== 'alert.undone' && last.actor === userId && now - Date.parse(last.at) < WITHIN_MS;
}
