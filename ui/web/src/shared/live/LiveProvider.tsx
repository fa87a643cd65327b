/** Keeps one live stream open while somebody is signed in. */
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { LiveConnection, type LineState, type LiveListener } from './liveConnection';

const LiveContext = createContext<LiveConnection | null>(null);

export function LiveProvider({ children, connection }: { children: ReactNode; connection?: LiveConnection }) {
  const [live] = useState(() => connection ?? new LiveConnection());
  useEffect(() => live.start(), [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function useLive(): LiveConnection {
  const live = use(LiveContext);
  if (!live) throw new Error('useLive needs a LiveProvider above it');
  return live;
}

export function useLineState(): LineState {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, live.state);
}

/** The listener must keep its identity between renders. */
export function useLiveListener(listener: LiveListener): void {
  const live = useLive();
  useEffect(() => live.listen(listener), [live, listener]);
}
