/** A few things kept in the browser between visits. Without IndexedDB they last as long as the page. */
import { openDB, type IDBPDatabase } from 'idb';

const NAME = 'fleetguard';
const DRAWERS = ['lastKnown', 'outbox'] as const;
export type Drawer = (typeof DRAWERS)[number];

export interface Shelf {
  get: <Value>(drawer: Drawer, key: string) => Promise<Value | undefined>;
  put: (drawer: Drawer, key: string, value: unknown) => Promise<void>;
  remove: (drawer: Drawer, key: string) => Promise<void>;
  all: <Value>(drawer: Drawer) => Promise<Value[]>;
  clear: (drawer: Drawer) => Promise<void>;
}

export function browserShelf(): Shelf {
  if (typeof indexedDB === 'undefined') return memoryShelf();
  let database: Promise<IDBPDatabase> | undefined;
  const open = () =>
    (database ??= openDB(NAME, 1, { upgrade: (made) => DRAWERS.forEach((drawer) => made.createObjectStore(drawer)) }));
  return {
    get: async (drawer, key) => (await open()).get(drawer, key),
    put: async (drawer, key, value) => void (await (await open()).put(drawer, value, key)),
    remove: async (drawer, key) => (await open()).delete(drawer, key),
    all: async (drawer) => (await open()).getAll(drawer),
    clear: async (drawer) => (await open()).clear(drawer),
  };
}

export function memoryShelf(): Shelf {
  const kept = new Map<Drawer, Map<string, unknown>>(DRAWERS.map((drawer) => [drawer, new Map()]));
  const of = (drawer: Drawer) => kept.get(drawer) ?? new Map<string, unknown>();
  return {
    get: <Value>(drawer: Drawer, key: string) => Promise.resolve(of(drawer).get(key) as Value | undefined),
    put: (drawer, key, value) => Promise.resolve(void of(drawer).set(key, structuredClone(value))),
    remove: (drawer, key) => Promise.resolve(void of(drawer).delete(key)),
    all: <Value>(drawer: Drawer) => Promise.resolve([...of(drawer).values()] as Value[]),
    clear: (drawer) => Promise.resolve(of(drawer).clear()),
  };
}

export const shelf = browserShelf();
