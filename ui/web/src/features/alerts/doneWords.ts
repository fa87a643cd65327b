/** The deeds in words, when they are done. */
import type { DeedKind } from './alertDeed';

export const DONE_WORDS: Record<DeedKind, string> = {
  acknowledge: 'Acknowledged',
  confirm: 'Confirmed as right',
  dismiss: 'Dismissed',
  assign: 'It is in your hands',
  handOver: 'Handed over',
  reopen: 'Reopened',
  undo: 'Taken back',
  snooze: 'Snoozed',
  unsnooze: 'Snooze ended',
  resolve: 'Resolved',
  comment: 'Note added',
};
