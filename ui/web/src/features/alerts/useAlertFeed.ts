/** Joins the fetched pages and the live stream into one calm list. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';
import { useAnnounce } from '@/shared/announcer/Announcer';
import { useLiveListener } from '@/shared/live/LiveProvider';
import { countInWords, type Alert } from './alert';
import { alertFeed, EMPTY_FEED, without, type AlertFeed, type FeedEvent } from './alertFeed';
import { isPutAway, matches, type AlertFilter } from './alertFilter';
import { alertsQuery } from './alerts.queries';

const BATCH_MS = 250;

interface Options {
  filter: AlertFilter;
  paused: boolean;
  /** Asked at the moment of arrival: may new alerts go straight into the list? */
  mayFollow: () => boolean;
}

export function useAlertFeed({ filter, paused, mayFollow }: Options) {
  const queries = useQueryClient();
  const pages = useInfiniteQuery(alertsQuery(filter));
  const [feed, dispatch] = useReducer(
    (known: AlertFeed, event: FeedEvent) =>
      without(alertFeed(known, event), (alert) => isPutAway(filter, alert) && !hasFocus(alert)),
    EMPTY_FEED,
  );
  const follow = useRef(mayFollow);
  useEffect(() => {
    follow.current = () => !paused && mayFollow();
  });

  const fetched = pages.data;
  useEffect(() => {
    if (fetched) dispatch({ kind: 'fetched', alerts: fetched.pages.flatMap(({ items }) => items), follow: follow.current() });
  }, [fetched]);

  const tell = useNews(feed);
  const arrive = useCallback(
    (alerts: readonly Alert[]) => {
      tell(alerts);
      dispatch({ kind: 'arrived', alerts, follow: follow.current() });
    },
    [tell],
  );
  const receive = useBatches(arrive);
  const change = useCallback((alert: Alert) => dispatch({ kind: 'changed', alert }), []); // rows stay as they are while it does
  const listener = useMemo(
    () => ({
      onAnomaly: (alert: Alert) => {
        if (matches(filter, alert)) receive(alert);
        else dispatch({ kind: 'changed', alert });
      },
      onReset: () => void queries.invalidateQueries({ queryKey: ['alerts'] }),
    }),
    [filter, receive, queries],
  );
  useLiveListener(listener);
  return {
    feed,
    pages,
    showWaiting: () => dispatch({ kind: 'showWaiting' }),
    change,
  };
}

/** A row that the reader works on stays until they leave it. */
function hasFocus({ id }: Alert): boolean {
  return document.activeElement?.closest<HTMLElement>('[data-alert]')?.dataset.alert === id;
}

/** Gathers alerts for a moment, so that fifty in a second draw the list four times and not fifty. */
function useBatches(deliver: (alerts: readonly Alert[]) => void): (alert: Alert) => void {
  const gathered = useRef<Alert[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (alert: Alert) => {
      gathered.current.push(alert);
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        deliver(gathered.current.splice(0));
      }, BATCH_MS);
    },
    [deliver],
  );
}

/** Tells screen readers how many alerts are new since the last telling. */
function useNews({ shown, waiting }: AlertFeed): (alerts: readonly Alert[]) => void {
  const announce = useAnnounce();
  const known = useRef(new Set<string>());
  const untold = useRef<Alert[]>([]);
  useEffect(() => {
    known.current = new Set([...waiting, ...shown].map(({ id }) => id)); // what was snoozed is news when it is back
  }, [shown, waiting]);
  return useCallback(
    (alerts) => {
      const fresh = alerts.filter(({ id }) => !known.current.has(id));
      if (fresh.length === 0) return;
      untold.current.push(...fresh);
      announce(() => countInWords(untold.current.splice(0)));
    },
    [announce],
  );
}
