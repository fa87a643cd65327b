/** The deeds on an alert, and the calls that do them. */
import {
  acknowledgeAnomaly,
  assignAnomaly,
  commentOnAnomaly,
  confirmAnomaly,
  dismissAnomaly,
  reopenAnomaly,
  resolveAnomaly,
  snoozeAnomaly,
  undoAnomaly,
  unsnoozeAnomaly,
  type Snooze,
} from '@/api';
import type { DismissalReason } from './alert';

/** Those that need nothing but the alert. */
const PLAIN = {
  acknowledge: acknowledgeAnomaly,
  assign: assignAnomaly,
  confirm: confirmAnomaly,
  reopen: reopenAnomaly,
  resolve: resolveAnomaly,
  undo: undoAnomaly,
  unsnooze: unsnoozeAnomaly,
};

export type Deed =
  | { kind: keyof typeof PLAIN }
  | { kind: 'handOver'; to: string }
  | { kind: 'dismiss'; reason: DismissalReason }
  | { kind: 'snooze'; time: Snooze }
  | { kind: 'comment'; text: string };
export type DeedKind = Deed['kind'];

export function callDeed(id: string, deed: Deed): ReturnType<typeof acknowledgeAnomaly> {
  const path = { id };
  switch (deed.kind) {
    case 'handOver':
      return assignAnomaly({ path, body: { assignee: deed.to } });
    case 'dismiss':
      return dismissAnomaly({ path, body: { reason: deed.reason } });
    case 'snooze':
      return snoozeAnomaly({ path, body: deed.time });
    case 'comment':
      return commentOnAnomaly({ path, body: { text: deed.text } });
    default:
      return PLAIN[deed.kind]({ path });
  }
}
