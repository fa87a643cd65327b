import { expect, test } from 'vitest';
import type { Alert } from './alert';
import { alertFeed, EMPTY_FEED, type AlertFeed, type FeedEvent } from './alertFeed';
import { alertAt } from './alertExamples';

const ids = (alerts: readonly Alert[]) => alerts.map(({ id }) => id);
const after = (...events: FeedEvent[]): AlertFeed => events.reduce(alertFeed, EMPTY_FEED);
const FIRST_PAGE: FeedEvent = { kind: 'fetched', alerts: [alertAt(20), alertAt(10)], follow: true };

test('a new alert waits until it is asked for and moves nothing', () => {
  const feed = after(FIRST_PAGE, { kind: 'arrived', alerts: [alertAt(30)], follow: false });
  expect(ids(feed.shown)).toEqual(['a20', 'a10']);
  expect(ids(feed.waiting)).toEqual(['a30']);
});

test('waiting alerts come on top, newest first, when they are asked for', () => {
  const feed = after(FIRST_PAGE, { kind: 'arrived', alerts: [alertAt(30), alertAt(40)], follow: false }, { kind: 'showWaiting' });
  expect(ids(feed.shown)).toEqual(['a40', 'a30', 'a20', 'a10']);
  expect(feed.waiting).toEqual([]);
});

test('while following, new alerts go straight to the top', () => {
  expect(ids(after(FIRST_PAGE, { kind: 'arrived', alerts: [alertAt(30)], follow: true }).shown)).toEqual(['a30', 'a20', 'a10']);
});

test('a change of a shown alert keeps its place and is not counted as new', () => {
  const changed = { ...alertAt(10), seq: 99, occurrences: 5 };
  const feed = after(FIRST_PAGE, { kind: 'arrived', alerts: [changed], follow: false });
  expect(ids(feed.shown)).toEqual(['a20', 'a10']);
  expect(feed.shown[1]?.occurrences).toBe(5);
  expect(feed.waiting).toEqual([]);
});

test('a late, older version never overwrites a newer one', () => {
  const newer = { ...alertAt(10), seq: 99, state: 'ACKNOWLEDGED' as const };
  const feed = after(FIRST_PAGE, { kind: 'changed', alert: newer }, { kind: 'arrived', alerts: [alertAt(10)], follow: true });
  expect(feed.shown[1]?.state).toBe('ACKNOWLEDGED');
});

test('the same alert delivered twice is one alert', () => {
  const feed = after(
    FIRST_PAGE,
    { kind: 'arrived', alerts: [alertAt(30), alertAt(30)], follow: false },
    { kind: 'arrived', alerts: [alertAt(30)], follow: false },
  );
  expect(ids(feed.waiting)).toEqual(['a30']);
});

test('older pages go below; what a refetch brings anew waits like a live alert', () => {
  const feed = after(FIRST_PAGE, {
    kind: 'fetched',
    alerts: [alertAt(30), alertAt(20), alertAt(10), alertAt(5), alertAt(1)],
    follow: false,
  });
  expect(ids(feed.shown)).toEqual(['a20', 'a10', 'a5', 'a1']);
  expect(ids(feed.waiting)).toEqual(['a30']);
});
