import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import { SESSION_KEY } from '@/features/session/session';
import { AnnouncerProvider } from '@/shared/announcer/Announcer';
import type { AlertDetail } from './alert';
import { AlertDeeds } from './AlertDeeds';
import { alertAt } from './alertExamples';

const ALERT: AlertDetail = { ...alertAt(20), history: [] };
const person = (userId: string, name: string, active = true) => ({ userId, name, active, role: 'fleet_manager' });
const PEOPLE = [person('u-1', 'Kim Osei'), person('u-2', 'Sam Rivera'), person('u-3', 'Left Long Ago', false)];
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

let asked: { path: string; body: unknown }[] = [];
let reply: () => Response | Promise<Response>;

beforeEach(() => {
  asked = [];
  reply = () => json(ALERT);
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: async (request) => {
      const sent = request as Request;
      if (sent.method === 'GET') return json({ items: PEOPLE, nextCursor: null });
      const text = await sent.text();
      asked.push({ path: new URL(sent.url).pathname, body: text ? JSON.parse(text) : undefined });
      return reply();
    },
  });
});

function show(alert = ALERT): void {
  const queries = new QueryClient();
  queries.setQueryData(SESSION_KEY, { userId: 'u-2' });
  render(
    <QueryClientProvider client={queries}>
      <AnnouncerProvider>
        <AlertDeeds alert={alert} />
      </AnnouncerProvider>
    </QueryClientProvider>,
  );
}

const button = (name: string) => screen.getByRole('button', { name });

test('an alert is confirmed, and the page says so where the focus is', async () => {
  show();
  await userEvent.click(button('Confirm'));
  const done = await screen.findByText('Confirmed as right.');
  expect(document.activeElement).toBe(done);
  expect(asked).toEqual([{ path: '/api/anomalies/a20/confirm', body: undefined }]);
  await waitFor(() => expect(screen.getByTestId('announcements').textContent).toBe('Confirmed as right: harsh braking, VH-20'));
});

test('a dismissal carries the reason, chosen by keyboard alone', async () => {
  show();
  const keys = userEvent.setup();
  await keys.tab();
  await keys.tab();
  const reasons = document.activeElement;
  await keys.keyboard('{Enter}');
  const first = await screen.findByRole('option', { name: 'Nothing happened' });
  await waitFor(() => expect(document.activeElement).toBe(first));
  await keys.keyboard('{ArrowDown}{Enter}');
  await waitFor(() => expect(document.activeElement).toBe(reasons));
  await keys.tab();
  expect(document.activeElement).toBe(button('Dismiss'));
  await keys.keyboard('{Enter}');
  await screen.findByText('Dismissed.');
  expect(asked).toEqual([{ path: '/api/anomalies/a20/dismiss', body: { reason: 'NORMAL_USE' } }]);
});

test('while one deed is under way it says so, and no other can be started', async () => {
  let finish: (answer: Response) => void = () => undefined;
  reply = () => new Promise<Response>((resolve) => (finish = resolve));
  show();
  await userEvent.click(button('Resolve'));
  await screen.findByRole('button', { name: 'Resolving…' });
  expect(button('Confirm').hasAttribute('disabled')).toBe(true);
  await waitFor(() => expect(asked).toHaveLength(1));
  finish(json(ALERT));
  await screen.findByText('Resolved.');
});

test('a refusal is told in words and can be tried again', async () => {
  reply = () => json({ detail: 'This alert is resolved; it cannot be assigned any more.', anomaly: ALERT }, 409);
  show();
  await userEvent.click(button('Take it on'));
  await screen.findByText('This alert is resolved; it cannot be assigned any more.');
  reply = () => json(ALERT);
  await userEvent.click(button('Take it on'));
  await screen.findByText('It is in your hands.');
});

test('a note is sent and its field emptied', async () => {
  show();
  expect(button('Add note').hasAttribute('disabled')).toBe(true);
  await userEvent.type(screen.getByRole('textbox', { name: 'Note for the history' }), '  Driver called.  ');
  await userEvent.click(button('Add note'));
  await screen.findByText('Note added.');
  expect(asked).toEqual([{ path: '/api/anomalies/a20/comment', body: { text: 'Driver called.' } }]);
  expect(screen.getByRole('textbox', { name: 'Note for the history' })).toHaveProperty('value', '');
});

test('what is over can be judged and not taken on', () => {
  show({ ...ALERT, state: 'DISMISSED', verdict: 'DISMISSED', dismissalReason: 'DUPLICATE' });
  expect(screen.queryByRole('button', { name: 'Resolve' })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Take it on' })).toBeNull();
  expect(screen.queryByRole('button', { name: 'Dismiss' })).toBeNull();
  button('Confirm');
});

test('an alert is handed over to a colleague who is there', async () => {
  const keys = userEvent.setup();
  show();
  await keys.click(await screen.findByRole('button', { name: /In whose hands/ }));
  const names = (await screen.findAllByRole('option')).map(({ textContent }) => textContent);
  expect(names).toEqual(['Nobody yet', 'Kim Osei', 'Sam Rivera']);
  await keys.click(screen.getByRole('option', { name: 'Kim Osei' }));
  await keys.click(button('Hand over'));
  await screen.findByText('Handed over.');
  expect(asked).toEqual([{ path: '/api/anomalies/a20/assign', body: { assignee: 'u-1' } }]);
});

test.each([
  ['mine', 'u-2', 'alert.resolved', true],
  ["somebody else's", 'u-1', 'alert.resolved', false],
  ['taken back already', 'u-2', 'alert.undone', false],
])('the last step is offered to be taken back when it is %s', (_, actor, action, isOffered) => {
  const step = { at: new Date().toISOString(), actor, actorName: 'Sam', action, note: null, detail: {} };
  show({ ...ALERT, state: 'RESOLVED', history: [{ ...step, action: 'alert.opened', actor: 'system:detection' }, step] });
  expect(screen.queryByRole('button', { name: 'Take my last step back' }) !== null).toBe(isOffered);
  expect(button('Reopen')).toBeTruthy();
});
