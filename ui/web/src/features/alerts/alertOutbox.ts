/** Acknowledgements and notes that wait for a connection. */
import { getAnomaly, getSession } from '@/api';
import { t } from '@/shared/language/language';
import { Outbox, type Entry, type Outcome } from '@/shared/offline/outbox';
import { shelf } from '@/shared/offline/shelf';
import { answer, inWords, isProblem, isUnreachable } from '@/shared/problem';
import { nameOf, type Alert } from './alert';
import { callDeed, type Deed } from './alertDeed';

export type AlertEntry = Entry<Deed>;

const LOCK = 'fleetguard.session';

export const alertOutbox = new Outbox<Deed>({ shelf, whoIsSignedIn, send, alone: aloneInBrowser });

/** A deed that is as right an hour later as now. The others depend on what the alert, or the clock, looks like then. */
const WAITING_VERBS = { acknowledge: 'Acknowledge', comment: 'Add note' };
type WaitingDeed = Deed & { kind: keyof typeof WAITING_VERBS };

export function mayWait(deed: Deed): deed is WaitingDeed {
  return deed.kind in WAITING_VERBS;
}

export function entryOf(alert: Alert, deed: WaitingDeed, userId: string): AlertEntry {
  const label = `${t(WAITING_VERBS[deed.kind])}: ${nameOf(alert)}`;
  return { id: crypto.randomUUID(), userId, subject: alert.id, label, deed, at: Date.now(), tried: false };
}

/** Signing in and out take the same lock, so that nothing is sent while the person changes. */
export async function aloneInBrowser<Result>(work: () => Promise<Result>): Promise<Result> {
  return 'locks' in navigator ? navigator.locks.request(LOCK, work) : work();
}

async function whoIsSignedIn(): Promise<string | null> {
  try {
    return (await answer(getSession())).userId;
  } catch {
    return null; // nobody, or nobody answers: then all waits
  }
}

async function send(entry: AlertEntry): Promise<Outcome> {
  try {
    if (!(entry.tried && (await hasArrived(entry)))) await answer(callDeed(entry.subject, entry.deed));
    return { kind: 'done' };
  } catch (problem) {
    if (isUnreachable(problem) || isProblem(problem, 401) || isProblem(problem, 429)) return { kind: 'unreachable' };
    return { kind: 'refused', reason: inWords(problem) };
  }
}

/** Whether a note that was sent before got through although its answer did not. An acknowledgement may simply be repeated. */
async function hasArrived({ subject, deed, userId, at }: AlertEntry): Promise<boolean> {
  if (deed.kind !== 'comment') return false;
  const { history } = await answer(getAnomaly({ path: { id: subject } }));
  return history.some((item) => item.actor === userId && item.note === deed.text && Date.parse(item.at) >= at - CLOCKS_MS);
}

const CLOCKS_MS = 300_000; // the browser's clock and the server's may differ
