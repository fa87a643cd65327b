/** The list under the reader's eyes: new alerts wait until they are asked for, known ones change in place. */
import type { Alert } from './alert';

export interface AlertFeed {
  /** Newest first; an alert that is shown keeps its place. */
  shown: readonly Alert[];
  /** New ones that wait, newest first. */
  waiting: readonly Alert[];
}

export type FeedEvent =
  | { kind: 'arrived'; alerts: readonly Alert[]; follow: boolean }
  | { kind: 'fetched'; alerts: readonly Alert[]; follow: boolean }
  | { kind: 'showWaiting' }
  | { kind: 'changed'; alert: Alert };

export const EMPTY_FEED: AlertFeed = { shown: [], waiting: [] };

export function alertFeed(feed: AlertFeed, event: FeedEvent): AlertFeed {
  switch (event.kind) {
    case 'arrived':
      return arrive(feed, event.alerts, event.follow);
    case 'fetched':
      return fetched(feed, event.alerts, event.follow);
    case 'showWaiting':
      return { shown: [...feed.waiting, ...feed.shown], waiting: [] };
    case 'changed':
      return { shown: renew(feed.shown, [event.alert]), waiting: renew(feed.waiting, [event.alert]) };
  }
}

/** Without what is put away; the same feed where nothing is. */
export function without({ shown, waiting }: AlertFeed, isPutAway: (alert: Alert) => boolean): AlertFeed {
  const rest = (list: readonly Alert[]) => (list.some(isPutAway) ? list.filter((alert) => !isPutAway(alert)) : list);
  return { shown: rest(shown), waiting: rest(waiting) };
}

function arrive(feed: AlertFeed, alerts: readonly Alert[], follow: boolean): AlertFeed {
  const known = new Set([...feed.shown, ...feed.waiting].map(({ id }) => id));
  const latest = [...new Map(alerts.map((alert) => [alert.id, alert])).values()];
  const fresh = newestFirst(latest.filter(({ id }) => !known.has(id)));
  const shown = renew(feed.shown, latest);
  const waiting = [...fresh, ...renew(feed.waiting, latest)];
  return follow ? { shown: [...waiting, ...shown], waiting: [] } : { shown, waiting };
}

/** Pages from the server: older ones go below, newer ones arrive like live ones. */
function fetched(feed: AlertFeed, alerts: readonly Alert[], follow: boolean): AlertFeed {
  const oldest = feed.shown.at(-1);
  if (!oldest) return { shown: newestFirst(alerts), waiting: feed.waiting };
  const known = new Set([...feed.shown, ...feed.waiting].map(({ id }) => id));
  const older = alerts.filter((alert) => !known.has(alert.id) && isOlder(alert, oldest));
  const olderIds = new Set(older.map(({ id }) => id));
  const rest = arrive(
    feed,
    alerts.filter(({ id }) => !olderIds.has(id)),
    follow,
  );
  return { ...rest, shown: [...rest.shown, ...newestFirst(older)] };
}

/** Puts newer versions in the places of the old ones. The same array comes back when nothing changed. */
function renew(list: readonly Alert[], versions: readonly Alert[]): readonly Alert[] {
  const byId = new Map(versions.map((alert) => [alert.id, alert]));
  const isNews = (alert: Alert) => (byId.get(alert.id)?.seq ?? -1) >= alert.seq;
  if (!list.some(isNews)) return list;
  return list.map((alert) => (isNews(alert) ? (byId.get(alert.id) ?? alert) : alert));
}

function isOlder(a: Alert, b: Alert): boolean {
  return Date.parse(a.startedAt) <= Date.parse(b.startedAt);
}

function newestFirst(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || b.seq - a.seq);
}
