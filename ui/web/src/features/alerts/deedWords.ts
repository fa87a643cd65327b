/** The deeds in words: what the button says, while it works and when it is done. */
import type { DeedKind } from './alertDeed';

export const DEED_WORDS: Record<DeedKind, { verb: string; pending: string; done: string }> = {
  acknowledge: { verb: 'Acknowledge', pending: 'Acknowledging…', done: 'Acknowledged' },
  confirm: { verb: 'Confirm', pending: 'Confirming…', done: 'Confirmed as right' },
  dismiss: { verb: 'Dismiss', pending: 'Dismissing…', done: 'Dismissed' },
  assign: { verb: 'Take it on', pending: 'Taking it on…', done: 'It is in your hands' },
  handOver: { verb: 'Hand over', pending: 'Handing over…', done: 'Handed over' },
  reopen: { verb: 'Reopen', pending: 'Reopening…', done: 'Reopened' },
  undo: { verb: 'Take my last step back', pending: 'Taking it back…', done: 'Taken back' },
  resolve: { verb: 'Resolve', pending: 'Resolving…', done: 'Resolved' },
  comment: { verb: 'Add note', pending: 'Adding…', done: 'Note added' },
};
