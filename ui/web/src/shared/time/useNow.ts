/** One clock for the whole page: every relative time moves on the same beat. */
import { useSyncExternalStore } from 'react';

const BEAT_MS = 5_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const readers = new Set<() => void>();

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  timer ??= setInterval(() => {
    now = Date.now();
    readers.forEach((read) => read());
  }, BEAT_MS);
  return () => {
    readers.delete(reader);
    if (readers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Milliseconds, renewed every five seconds. */
export function useNow(): number {
  return useNowAs(Number);
}

/** What is said of now: drawn anew only when that changes, not on every beat. */
export function useNowAs<Said extends string | number>(say: (now: number) => Said): Said {
  return useSyncExternalStore(subscribe, () => say(now));
}
