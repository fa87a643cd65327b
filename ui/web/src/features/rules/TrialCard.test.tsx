import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import type { BudgetTrial } from './rules.queries';
import { TrialCard } from './TrialCard';

const WAITING: BudgetTrial = {
  trialId: 't-1',
  perVehicleWeek: 3,
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
  alerts: { SPEEDING: { before: 153, after: 102 } },
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
      const body = method === 'POST' ? { ...WAITING, state: 'APPLIED', outcome: OUTCOME } : (left.shift() ?? WAITING);
      return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } }));
    },
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TrialCard asked={WAITING} />
    </QueryClientProvider>,
  );
  return asked;
}

test('what a budget would have meant is shown before it is saved', async () => {
  const asked = show([{ ...WAITING, state: 'DONE', outcome: OUTCOME }]);
  await screen.findByText('4.5 alerts per vehicle and week as it is, 3 with this budget.');
  expect(screen.getByText('51 alerts there would not have been.')).toBeTruthy();
  expect(asked).toEqual(['GET /api/alert-rules/trials/t-1']);
  await userEvent.click(screen.getByRole('button', { name: 'Save these thresholds' }));
  await screen.findByText('Saved. It holds within half a minute.');
  expect(asked).toContain('POST /api/alert-rules/trials/t-1/apply');
  expect(screen.queryByRole('button')).toBeNull();
});

test('a trial that failed says why and offers nothing to save', async () => {
  show([{ ...WAITING, state: 'FAILED', detail: 'No vehicle reported.' }]);
  await screen.findByText('It could not be tried: No vehicle reported.');
  expect(screen.queryByRole('button')).toBeNull();
});
