import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import type { NotificationRules } from './notifications.queries';
import { RulesForm } from './RulesForm';

const RULES: NotificationRules = {
  remindAfterMin: null,
  remindSeverity: 'HIGH',
  quietHours: null,
  timezone: 'UTC',
  escalation: [{ afterMin: 15, to: 'dispatcher' }],
};
const person = (userId: string, name: string, role: string, active = true) => ({ userId, name, role, active });
const PEOPLE = [
  person('u-1', 'Kim Osei', 'fleet_manager'),
  person('u-2', 'Dana Driver', 'driver'),
  person('u-3', 'Left Long Ago', 'fleet_manager', false),
];
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

let saved: NotificationRules[] = [];
let refusal: string | undefined;

beforeEach(() => {
  saved = [];
  refusal = undefined;
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: async (request) => {
      const sent = request as Request;
      if (sent.method === 'GET') return json({ items: PEOPLE, nextCursor: null });
      const rules = (await sent.json()) as NotificationRules;
      saved.push(rules);
      return refusal ? json({ detail: refusal }, 422) : json(rules);
    },
  });
});

function show(rules = RULES): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RulesForm kept={rules} />
    </QueryClientProvider>,
  );
}

const step = (place: number) => within(screen.getByRole('group', { name: `Step ${place}` }));
async function choose(place: number, label: RegExp, option: string): Promise<void> {
  await userEvent.click(step(place).getByRole('button', { name: label }));
  await userEvent.click(await screen.findByRole('option', { name: option }));
}

test('a step is added after the last one, for a person, and saved with the others', async () => {
  show();
  await userEvent.click(screen.getByRole('button', { name: 'Add a step' }));
  await choose(2, /Who is told/, 'Kim Osei');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved.');
  expect(saved).toEqual([{ ...RULES, escalation: [...(RULES.escalation ?? []), { afterMin: 30, to: 'u-1' }] }]);
});

test('only who can take an alert is offered', async () => {
  show();
  await userEvent.click(step(1).getByRole('button', { name: /Who is told/ }));
  await screen.findByRole('option', { name: 'Kim Osei' });
  expect(screen.getAllByRole('option').map(({ textContent }) => textContent)).toEqual([
    'Every dispatcher',
    'Every fleet manager',
    'Every platform administrator',
    'Other systems alone',
    'Kim Osei',
  ]);
});

test('a removed step is gone, and the focus is where the steps begin', async () => {
  show();
  await userEvent.click(screen.getByRole('button', { name: 'Remove step 1' }));
  await waitFor(() => expect(document.activeElement?.textContent).toBe('When still nobody takes an alert'));
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved.');
  expect(saved[0]?.escalation).toEqual([]);
});

test('after five steps no other is offered', async () => {
  const five = [1, 2, 3, 4, 5].map((afterMin) => ({ afterMin, to: 'dispatcher' }));
  show({ ...RULES, escalation: five });
  expect(screen.queryByRole('button', { name: 'Add a step' })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Remove step 5' }));
  expect(screen.getByRole('button', { name: 'Add a step' })).toBeTruthy();
});

test('a refusal is told in words', async () => {
  refusal = 'escalation: two steps come after the same time; give each its own.';
  show();
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText(refusal);
});
