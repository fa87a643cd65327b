import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import type { BudgetTrial } from './rules.queries';
import { TrialCard } from './TrialCard';

const WAITING: BudgetTrial = {
  trialId: 't-1',
  perVehicleWeek: 3,
  proposal: null,
  days: 30,
  state: 'WAITING',
  askedAt: '2026-11-26T10:00:00Z',
  finishedAt: null,
  outcome: null,
  detail: '',
};
const OUTCOME: NonNullable<BudgetTrial['outcome']> = {
  vehicles: 8,
  vehiclesReporting: 8,
  vehicleWeeks: 34,
  perVehicleWeek: { before: 4.5, after: 3 },
  thresholds: { SPEEDING: 0.8 },
  classThresholds: { truck: { SPEEDING: 0.9 } },
  alerts: { SPEEDING: { before: 153, after: 102 } },
  judged: { confirmed: 9, confirmedGone: 2, dismissed: 20, dismissedGone: 15 },
  classes: [
    {
      vehicleClass: 'car',
      vehicles: 5,
      alerts: { SPEEDING: { before: 100, after: 90 } },
      judged: { confirmed: 5, confirmedGone: 0, dismissed: 6, dismissedGone: 0 },
    },
    {
      vehicleClass: 'truck',
      vehicles: 3,
      alerts: { SPEEDING: { before: 53, after: 12 } },
      judged: { confirmed: 4, confirmedGone: 2, dismissed: 14, dismissedGone: 15 },
    },
  ],
  vanished: [],
  vanishedTotal: 51,
};

function show(looks: readonly BudgetTrial[]): string[] {
  const asked: string[] = [];
  const left = [...looks];
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: (request) => {
      const { method, url } = request as Request;
      asked.push(`${method} ${new URL(url).pathname}`);
      const saved = { ...WAITING, state: 'APPLIED', outcome: OUTCOME };
      const body = method === 'POST' ? saved : method === 'PUT' ? { items: [] } : (left.shift() ?? WAITING);
      return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } }));
    },
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TrialCard id="t-1" />
    </QueryClientProvider>,
  );
  return asked;
}

test('what a budget would have meant is shown before it is saved', async () => {
  const asked = show([{ ...WAITING, state: 'DONE', outcome: OUTCOME }]);
  await screen.findByText('4.5 alerts per vehicle and week as it is, 3 with these thresholds.');
  expect(screen.getByText('51 alerts there would not have been.')).toBeTruthy();
  expect(asked).toEqual(['GET /api/alert-rules/trials/t-1']);
  await userEvent.click(screen.getByRole('button', { name: 'Save these thresholds' }));
  await screen.findByText('Saved. It holds within half a minute.');
  expect(asked).toContain('POST /api/alert-rules/trials/t-1/apply');
  expect(document.activeElement?.textContent).toBe('On the last 30 days');
  expect(screen.queryByRole('button')).toBeNull();
});

test('each class has its own figures and threshold, and what people confirmed is not lost unseen', async () => {
  show([{ ...WAITING, state: 'DONE', outcome: OUTCOME }]);
  await screen.findByText('Of 9 alerts that people confirmed, 2 would be gone.');
  const cells = (table: RegExp) => within(screen.getByRole('table', { name: table })).getAllByRole('cell');
  expect(cells(/^Cars \(5\)/).map(({ textContent }) => textContent)).toEqual(['100', '90', '80 %']);
  expect(cells(/^Trucks \(3\)/).map(({ textContent }) => textContent)).toEqual(['53', '12', '90 %']);
});

test('typed thresholds that could not be tried can be saved all the same', async () => {
  const proposal = [{ type: 'SPEEDING' as const, vehicleClass: 'van' as const, threshold: 0.8 }];
  const asked = show([{ ...WAITING, perVehicleWeek: null, proposal, state: 'FAILED', detail: 'No vehicle reported.' }]);
  await userEvent.click(await screen.findByRole('button', { name: 'Save them untried' }));
  await screen.findByText('Saved. It holds within half a minute.');
  expect(asked).toContain('PUT /api/alert-rules');
});

test('a budget that could not be tried says why and offers nothing to save', async () => {
  show([{ ...WAITING, state: 'FAILED', detail: 'No vehicle reported.' }]);
  await screen.findByText('It could not be tried: No vehicle reported.');
  expect(screen.queryByRole('button')).toBeNull();
});
