/** The last answer of a question, shown with its date while the server cannot be reached. */
import { useSyncExternalStore } from 'react';
import { isUnreachable } from '@/shared/problem';
import { shelf } from './shelf';

interface Kept<Data> {
  /** Epoch milliseconds. */
  at: number;
  data: Data;
}

const shownFrom = new Map<string, number>();
const readers = new Set<() => void>();

/** Asks; where nobody answers, the kept answer, if there is one. `outline` is what may lie in the browser of it. */
export async function orLastKnown<Data>(key: string, ask: () => Promise<Data>, outline: (data: Data) => Data): Promise<Data> {
  try {
    const data = await ask();
    mark(key, undefined);
    await shelf.put('lastKnown', key, { at: Date.now(), data: outline(data) } satisfies Kept<Data>);
    return data;
  } catch (problem) {
    const kept = isUnreachable(problem) ? await shelf.get<Kept<Data>>('lastKnown', key) : undefined;
    if (!kept) throw problem;
    mark(key, kept.at);
    return kept.data;
  }
}

export async function forgetLastKnown(): Promise<void> {
  shownFrom.clear();
  tell();
  await shelf.clear('lastKnown');
}

function mark(key: string, at: number | undefined): void {
  if (at === undefined) shownFrom.delete(key);
  else shownFrom.set(key, at);
  tell();
}

function tell(): void {
  readers.forEach((read) => read());
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

/** How old the oldest of what is shown is, in epoch milliseconds; null while all of it is current. */
export function useLastKnownAt(): number | null {
  return useSyncExternalStore(subscribe, () => (shownFrom.size > 0 ? Math.min(...shownFrom.values()) : null));
}
