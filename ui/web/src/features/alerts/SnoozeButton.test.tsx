import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import { AnnouncerProvider } from '@/shared/announcer/Announcer';
import type { Alert } from './alert';
import { alertAt } from './alertExamples';
import { AlertHistory } from './AlertHistory';
import { alertsQuery } from './alerts.queries';
import { SnoozeButton } from './SnoozeButton';
import { StateLine } from './StateLine';

const UNTIL = '2099-01-01T14:30:00Z';
let asked: string[] = [];
let reply: () => Response;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

beforeEach(() => {
  asked = [];
  reply = () => json(alertAt(20));
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: (request) => {
      asked.push(new URL((request as Request).url).pathname);
      return Promise.resolve(reply());
    },
  });
});

function show(changes: Partial<Alert>, queries = new QueryClient()): void {
  const alert = alertAt(20, changes);
  render(
    <QueryClientProvider client={queries}>
      <AnnouncerProvider>
        <StateLine alert={alert} />
        <SnoozeButton alert={alert} />
      </AnnouncerProvider>
    </QueryClientProvider>,
  );
}

test('an alert that is awake is put off after one question', async () => {
  show({});
  await userEvent.click(screen.getByRole('button', { name: 'Snooze…' }));
  await screen.findByRole('dialog', { name: 'Snooze this alert?' });
  await userEvent.click(screen.getByRole('button', { name: 'Snooze it' }));
  await screen.findByText('One alert was snoozed.');
  expect(asked).toEqual(['/api/anomalies/a20/snooze']);
});

test('a snoozed one says until when and who did it, and is brought back', async () => {
  show({ snoozedUntil: UNTIL, snoozedByName: 'Sam Rivera' });
  expect(screen.getByText(/^snoozed until .*:30.* by Sam Rivera$/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'End the snooze' }));
  await waitFor(() => expect(screen.getByTestId('announcements').textContent).toBe('Snooze ended: harsh braking, VH-20'));
  expect(asked).toEqual(['/api/anomalies/a20/unsnooze']);
});

test('the list knows it when the reader comes back to it', async () => {
  const queries = new QueryClient();
  const list = alertsQuery({}).queryKey;
  const [snoozed, other] = [alertAt(20, { snoozedUntil: UNTIL }), alertAt(10)];
  queries.setQueryData(list, { pageParams: [null], pages: [{ items: [snoozed, other], nextCursor: null }] });
  show({ snoozedUntil: UNTIL }, queries);
  await userEvent.click(screen.getByRole('button', { name: 'End the snooze' }));
  await waitFor(() => expect(queries.getQueryData(list)?.pages[0]?.items).toEqual([alertAt(20), other]));
});

test('a refusal is told in words', async () => {
  reply = () => json({ detail: 'The database is away.' }, 503);
  show({ snoozedUntil: UNTIL });
  await userEvent.click(screen.getByRole('button', { name: 'End the snooze' }));
  await screen.findByText('The database is away.');
});

test.each<Partial<Alert>>([{ state: 'RESOLVED' }, { state: 'DISMISSED' }])('what is over is not put off: %o', (over) => {
  show(over);
  expect(screen.queryByRole('button')).toBeNull();
});

test('the history says who it was passed on to, and how long it was put off', () => {
  const line = { at: '2026-11-24T12:00:00Z', actor: 'system:escalation', actorName: null, note: null };
  render(
    <AlertHistory
      history={[
        { ...line, action: 'alert.unanswered', detail: { to: 'fleet_manager', afterMin: 30 } },
        { ...line, action: 'alert.unanswered', detail: { to: '00000000-0000-4000-8000-000000000000', afterMin: 60 } },
        { ...line, action: 'alert.snoozed', detail: { until: UNTIL } },
      ]}
    />,
  );
  screen.getByText('Passed on to every fleet manager: nobody had taken it for 30 min');
  screen.getByText('Passed on to one person of the fleet: nobody had taken it for 60 min');
  screen.getByText(/^Snoozed until .*:30/);
});
