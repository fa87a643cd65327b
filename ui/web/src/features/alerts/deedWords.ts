/** The deeds in words: what the button says, and while it works. The alert list does without them. */
import type { DeedKind } from './alertDeed';

export const DEED_WORDS: Record<DeedKind, { verb: string; pending: string }> = {
  acknowledge: { verb: 'Acknowledge', pending: 'Acknowledging…' },
  confirm: { verb: 'Confirm', pending: 'Confirming…' },
  dismiss: { verb: 'Dismiss', pending: 'Dismissing…' },
  assign: { verb: 'Take it on', pending: 'Taking it on…' },
  handOver: { verb: 'Hand over', pending: 'Handing over…' },
  reopen: { verb: 'Reopen', pending: 'Reopening…' },
  undo: { verb: 'Take my last step back', pending: 'Taking it back…' },
  snooze: { verb: 'Snooze', pending: 'Snoozing…' },
  unsnooze: { verb: 'End the snooze', pending: 'Ending it…' },
  resolve: { verb: 'Resolve', pending: 'Resolving…' },
  comment: { verb: 'Add note', pending: 'Adding…' },
};
