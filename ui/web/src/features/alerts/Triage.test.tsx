import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { client } from '@/api/client.gen';
import { SESSION_KEY } from '@/features/session/session';
import { AnnouncerProvider } from '@/shared/announcer/Announcer';
import { enableSingleKeys } from '@/shared/keys/useSingleKeys';
import { Line } from '@/shared/live/fakeLine';
import { LiveConnection } from '@/shared/live/liveConnection';
import { LiveProvider } from '@/shared/live/LiveProvider';
import type { Alert } from './alert';
import { alertAt } from './alertExamples';
import { LiveAlerts } from './LiveAlerts';

const FILTER = {};
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

let deeds: { path: string; body: unknown }[] = [];
let taken: Record<string, string> = {};

const AFTER: Record<string, Partial<Alert>> = {
  acknowledge: { state: 'ACKNOWLEDGED', acknowledgedByName: 'Sam Rivera' },
  dismiss: { state: 'DISMISSED', dismissalReason: 'FALSE_ALARM' },
  confirm: { verdict: 'CONFIRMED' },
  snooze: { snoozedUntil: '2099-01-01T00:00:00Z', snoozedByName: 'Sam Rivera' },
};

async function server(request: Request): Promise<Response> {
  const [, id = '', deed = ''] = /^\/api\/anomalies\/(\w+)\/(\w+)$/.exec(new URL(request.url).pathname) ?? [];
  if (!deed) return json({ items: [alertAt(30), alertAt(20), alertAt(10)], nextCursor: null });
  const text = await request.text();
  deeds.push({ path: `${id}/${deed}`, body: text ? JSON.parse(text) : undefined });
  if (taken[id]) return json({ detail: `${taken[id]} was first.` }, 409);
  const second = Number(id.slice(1));
  return json(alertAt(second, { ...AFTER[deed], seq: 100 + second }));
}

async function show(permissions = ['acknowledge alerts', 'work on alerts']): Promise<void> {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(SESSION_KEY, { permissions });
  const desk = () => <LiveAlerts filter={FILTER} paused={false} onTogglePause={() => undefined} />;
  const router = createRouter({ routeTree: createRootRoute({ component: desk }), history: createMemoryHistory() });
  render(
    <QueryClientProvider client={queries}>
      <AnnouncerProvider>
        <LiveProvider connection={new LiveConnection(() => new Line('/sse/anomalies'))}>
          <RouterProvider router={router as never} />
        </LiveProvider>
      </AnnouncerProvider>
    </QueryClientProvider>,
  );
  await screen.findByRole('link', { name: 'Open alert: harsh braking, VH-30' });
}

const focused = () => document.activeElement?.getAttribute('aria-label');
const press = (keys: string) => userEvent.keyboard(keys);

beforeEach(() => {
  deeds = [];
  taken = {};
  vi.stubGlobal('scrollTo', () => undefined);
  client.setConfig({ baseUrl: 'http://fleet.test', fetch: (request) => server(request as Request) });
});
afterEach(() => enableSingleKeys(true));

test('j and k walk from alert to alert and stop at the ends', async () => {
  await show();
  await press('jj');
  expect(focused()).toBe('Open alert: harsh braking, VH-20');
  await press('kkk');
  expect(focused()).toBe('Open alert: harsh braking, VH-30');
});

test('a acknowledges the alert that has the focus, and no other', async () => {
  await show();
  await press('jja');
  await screen.findByText('Acknowledged by Sam Rivera');
  expect(deeds).toEqual([{ path: 'a20/acknowledge', body: undefined }]);
});

test('a does nothing while no alert has the focus', async () => {
  await show();
  await press('ac');
  expect(deeds).toEqual([]);
});

test('d asks for the reason before it dismisses', async () => {
  await show();
  await press('jd');
  const dialog = await screen.findByRole('dialog', { name: 'Dismiss this alert?' });
  expect(deeds).toEqual([]);
  await userEvent.click(within(dialog).getByRole('button', { name: 'Dismiss it' }));
  await within(dialog).findByText('One alert was dismissed.');
  expect(deeds).toEqual([{ path: 'a30/dismiss', body: { reason: 'FALSE_ALARM' } }]);
});

test('several alerts are acknowledged after one question, and a refusal is named', async () => {
  taken = { a20: 'Kim Osei' };
  await show();
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select alert: harsh braking, VH-30' }));
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select alert: harsh braking, VH-20' }));
  await userEvent.click(screen.getByRole('button', { name: 'Acknowledge…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Acknowledge 2 alerts?' });
  await userEvent.click(within(dialog).getByRole('button', { name: 'Acknowledge all 2' }));
  await within(dialog).findByText('One alert was acknowledged.');
  within(dialog).getByText('harsh braking, VH-20: Kim Osei was first.');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(screen.getAllByRole('checkbox', { checked: false })).toHaveLength(3);
});

test('a question that is cancelled changes nothing and keeps the selection', async () => {
  await show();
  await press('jxa');
  const dialog = await screen.findByRole('dialog', { name: 'Acknowledge this alert?' });
  await userEvent.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(deeds).toEqual([]);
  expect(screen.getAllByRole('checkbox', { checked: true })).toHaveLength(1);
});

test('the help names the keys and turns them off', async () => {
  await show();
  await press('?');
  const dialog = await screen.findByRole('dialog', { name: 'Work by keyboard' });
  await userEvent.click(within(dialog).getByRole('button', { name: 'Turn the keys off' }));
  await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  screen.getByRole('link', { name: 'Open alert: harsh braking, VH-20' }).focus();
  await press('ak');
  expect(focused()).toBe('Open alert: harsh braking, VH-20');
  expect(deeds).toEqual([]);
});

test('who may only acknowledge is not asked for a dismissal', async () => {
  await show(['acknowledge alerts']);
  await press('jxdc');
  expect(screen.queryByRole('button', { name: 'Dismiss…' })).toBeNull();
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(deeds).toEqual([]);
});

test('who may only read is offered no deed', async () => {
  await show([]);
  expect(screen.queryByRole('checkbox')).toBeNull();
  await press('ja');
  expect(deeds).toEqual([]);
});

test('s asks how long, the alert leaves the list, and the next one has the focus', async () => {
  await show(['acknowledge alerts']);
  await press('jjs');
  const dialog = await screen.findByRole('dialog', { name: 'Snooze this alert?' });
  await userEvent.click(within(dialog).getByRole('button', { name: /How long/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'For 3 days' }));
  await userEvent.click(within(dialog).getByRole('button', { name: 'Snooze it' }));
  await within(dialog).findByText('One alert was snoozed.');
  expect(deeds).toEqual([{ path: 'a20/snooze', body: { minutes: 4320 } }]);
  await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
  await waitFor(() => expect(focused()).toBe('Open alert: harsh braking, VH-10'));
  expect(screen.queryByRole('link', { name: 'Open alert: harsh braking, VH-20' })).toBeNull();
});
