import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { act, cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';
import { client } from '@/api/client.gen';
import { SESSION_KEY } from '@/features/session/session';
import { AnnouncerProvider } from '@/shared/announcer/Announcer';
import { Line } from '@/shared/live/fakeLine';
import { LiveConnection } from '@/shared/live/liveConnection';
import { LiveProvider } from '@/shared/live/LiveProvider';
import type { Alert } from './alert';
import { alertAt } from './alertExamples';
import type { AlertFilter } from './alertFilter';
import { LiveAlerts } from './LiveAlerts';

const FILTER = {};

/** Answers as the server does; an acknowledgement succeeds, or fails where a test says so. */
let refusal: { status: number; detail: string } | undefined;
let alerts: Alert[];
let readiness: () => Response;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

function server(request: Request): Response {
  const { pathname } = new URL(request.url);
  if (pathname === '/api/anomalies') return json({ items: alerts, nextCursor: null });
  if (pathname === '/ready') return readiness();
  if (refusal) return json(refusal, refusal.status);
  return json(alertAt(20, { state: 'ACKNOWLEDGED', seq: 50, acknowledgedByName: 'Sam Rivera' }));
}

async function show(paused = false): Promise<Line> {
  const line = draw(paused);
  await screen.findByRole('link', { name: 'Open alert: harsh braking, VH-20' });
  return line;
}

function draw(paused = false, filter: AlertFilter = FILTER, onTogglePause?: () => void): Line {
  const line = new Line('/sse/anomalies');
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(SESSION_KEY, { permissions: ['acknowledge alerts', 'work on alerts'] });
  const routeTree = createRootRoute({ component: () => <LiveAlerts {...{ filter, paused, onTogglePause }} /> });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  const connection = new LiveConnection(() => line);
  render(
    <QueryClientProvider client={queries}>
      <AnnouncerProvider>
        <LiveProvider connection={connection}>
          <RouterProvider router={router as never} />
        </LiveProvider>
      </AnnouncerProvider>
    </QueryClientProvider>,
  );
  return line;
}

const part = (name: string, state = 'ok', reported = true) => ({ name, state, reported, detail: '' });
const UP = [part('postgres'), part('broker'), part('ingest-0'), part('scoring'), part('notifier')];
const TRAINING = [part('postgres'), part('broker'), part('ingest-0', 'down', false), part('scoring', 'down', false)];

function arrive(line: Line, alert: Alert): void {
  act(() => line.send('anomaly', alert, String(alert.seq)));
}

const order = () =>
  screen.getAllByRole('link', { name: /^Open alert/ }).map((link) => link.getAttribute('aria-label')?.split(', ')[1]);

beforeEach(() => {
  refusal = undefined;
  alerts = [alertAt(20), alertAt(10)];
  readiness = () => json({ status: 'ok', parts: UP });
  vi.stubGlobal('scrollTo', () => undefined);
  client.setConfig({ baseUrl: 'http://fleet.test', fetch: (request) => Promise.resolve(server(request as Request)) });
});

test('while an alert has the focus, new alerts wait behind a button and nothing moves', async () => {
  const line = await show();
  screen.getByRole('link', { name: 'Open alert: harsh braking, VH-20' }).focus();
  arrive(line, alertAt(30));
  arrive(line, alertAt(31));
  const button = await screen.findByRole('button', { name: 'Show 2 new alerts' });
  expect(order()).toEqual(['VH-20', 'VH-10']);
  await userEvent.click(button);
  expect(order()).toEqual(['VH-31', 'VH-30', 'VH-20', 'VH-10']);
});

test('at the top, with the focus elsewhere, new alerts appear by themselves', async () => {
  arrive(await show(), alertAt(30));
  await waitFor(() => expect(order()).toEqual(['VH-30', 'VH-20', 'VH-10']));
});

test('while paused, new alerts are only counted', async () => {
  arrive(await show(true), alertAt(30));
  await screen.findByRole('button', { name: 'Show 1 new alert' });
  expect(order()).toEqual(['VH-20', 'VH-10']);
});

test('new alerts are announced politely, by number', async () => {
  arrive(await show(), alertAt(30, { severity: 'CRITICAL' }));
  await waitFor(() => expect(screen.getByTestId('announcements').textContent).toBe('1 new alert, 1 critical'));
});

test('acknowledging says who has it, in place', async () => {
  await show();
  await userEvent.click(screen.getByRole('button', { name: 'Acknowledge alert: harsh braking, VH-20' }));
  await screen.findByText('Acknowledged by Sam Rivera');
  expect(order()).toEqual(['VH-20', 'VH-10']);
});

test('a failed acknowledgement says why and can be tried again', async () => {
  refusal = { status: 503, detail: 'The database is away.' };
  await show();
  await userEvent.click(screen.getByRole('button', { name: 'Acknowledge alert: harsh braking, VH-20' }));
  await screen.findByText('The database is away.');
  refusal = undefined;
  await userEvent.click(screen.getByRole('button', { name: 'Try again to acknowledge alert: harsh braking, VH-20' }));
  await screen.findByText('Acknowledged by Sam Rivera');
});

test('an empty list is quiet only while vehicles are judged; it says why they are not, and is normal again by itself', async () => {
  alerts = [];
  readiness = () => json({ status: 'down', parts: TRAINING }, 503);
  draw();
  await screen.findByText('Nothing is judged yet');
  expect(screen.getByText(/^The models are still being trained or loaded/)).toBeTruthy();
  expect(screen.queryByText(/All is quiet/)).toBeNull();
  readiness = () => json({ status: 'ok', parts: UP });
  await screen.findByText(/All is quiet/, undefined, { timeout: 10_000 });
}, 15_000);

test.each<[string, () => Response]>([
  ['nobody answers', () => Response.error()],
  ['a proxy answers', () => new Response('<title>503</title>', { status: 503, headers: { 'Content-Type': 'text/html' } })],
  ['the answer names no parts', () => json({ status: 'ok' })],
])('an empty list is not called quiet when %s', async (_, answered) => {
  alerts = [];
  readiness = answered;
  draw();
  await screen.findByText('It is not known whether vehicles are judged');
  expect(screen.queryByText(/All is quiet/)).toBeNull();
});

test('an empty list is not called quiet once the line has gone stale', async () => {
  alerts = [];
  const line = draw();
  await screen.findByText(/All is quiet/);
  line.readyState = 0;
  act(() => line.send('error'));
  await screen.findByText('It is not known whether vehicles are judged');
});

const LATER = new Date(Date.now() + 3_600_000).toISOString();

test("an empty list tells only who chose filters to widen them, not the reader of one vehicle's page", async () => {
  alerts = [];
  draw(false, { vehicle: 'VH-20' });
  expect(await screen.findByText('All is quiet. New alerts appear here by themselves.')).toBeTruthy();
  cleanup();
  draw(false, { vehicle: 'VH-20' }, () => undefined);
  expect(await screen.findByText('No alert matches these filters')).toBeTruthy();
});

test('a snoozed alert leaves the list, and is news when it comes back', async () => {
  const line = await show();
  arrive(line, alertAt(20, { seq: 60, snoozedUntil: LATER }));
  await waitFor(() => expect(order()).toEqual(['VH-10']));
  screen.getByRole('link', { name: 'Open alert: harsh braking, VH-10' }).focus();
  arrive(line, alertAt(20, { seq: 61 }));
  await userEvent.click(await screen.findByRole('button', { name: 'Show 1 new alert' }));
  expect(order()).toEqual(['VH-20', 'VH-10']);
  await waitFor(() => expect(screen.getByTestId('announcements').textContent).toBe('1 new alert'));
});

test('a change of a snoozed alert that is not awake leaves the list as it is', async () => {
  const line = await show();
  arrive(line, alertAt(30, { snoozedUntil: LATER }));
  arrive(line, alertAt(40));
  await waitFor(() => expect(order()).toEqual(['VH-40', 'VH-20', 'VH-10']));
});

test('a row that has the focus stays, though somebody snoozes its alert, until the reader has left it', async () => {
  const line = await show();
  screen.getByRole('link', { name: 'Open alert: harsh braking, VH-20' }).focus();
  arrive(line, alertAt(20, { seq: 60, snoozedUntil: LATER }));
  await screen.findByText(/^snoozed until/);
  screen.getByRole('link', { name: 'Open alert: harsh braking, VH-10' }).focus();
  arrive(line, alertAt(10, { seq: 61 }));
  await waitFor(() => expect(order()).toEqual(['VH-10']));
});
