/** The deeds on an alert, and the calls that do them. */
import {
  acknowledgeAnomaly,
  assignAnomaly,
  commentOnAnomaly,
  confirmAnomaly,
  dismissAnomaly,
  reopenAnomaly,
  resolveAnomaly,
  undoAnomaly,
} from '@/api';
import type { DismissalReason } from './alert';

export type Deed =
  | { kind: 'acknowledge' | 'confirm' | 'assign' | 'resolve' | 'reopen' | 'undo' }
  | { kind: 'handOver'; to: string }
  | { kind: 'dismiss'; reason: DismissalReason }
  | { kind: 'comment'; text: string };
export type DeedKind = Deed['kind'];

export function callDeed(id: string, deed: Deed): ReturnType<typeof acknowledgeAnomaly> {
  const path = { id };
  switch (deed.kind) {
    case 'acknowledge':
      return acknowledgeAnomaly({ path });
    case 'confirm':
      return confirmAnomaly({ path });
    case 'assign':
      return assignAnomaly({ path });
    case 'handOver':
      return assignAnomaly({ path, body: { assignee: deed.to } });
    case 'reopen':
      return reopenAnomaly({ path });
    case 'undo':
      return undoAnomaly({ path });
    case 'resolve':
      return resolveAnomaly({ path });
    case 'dismiss':
      return dismissAnomaly({ path, body: { reason: deed.reason } });
    case 'comment':
      return commentOnAnomaly({ path, body: { text: deed.text } });
  }
}
