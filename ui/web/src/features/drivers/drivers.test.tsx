import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { client } from '@/api/client.gen';
import { DriverHeatmap } from '@/features/dashboard/DriverHeatmap';
import { FuelBars } from '@/features/dashboard/FuelBars';
import type { DriverScore, ScoreContribution } from './driver';
import { DriversPage } from './DriversPage';

const contribution = (behaviour: string, points: number, observed = 1): ScoreContribution => ({
  behaviour,
  area: 'SAFE_DRIVING',
  unit: 'per 1,000 km',
  weight: 0.5,
  events: 3,
  observed,
  shrunk: observed,
  classMean: 10,
  points,
  lost: (100 - points) / 2,
});

const scored: DriverScore = {
  driverId: 'd-1',
  day: '2026-11-24',
  scoredAt: '2026-11-24T03:00:00Z',
  vehicleClass: 'van',
  distanceKm: 900,
  score: 81,
  lower: 74,
  upper: 88,
  band: 'GOOD',
  rank: 1,
  measured: 1,
  contributions: [contribution('HARSH_BRAKING', 92), contribution('FUEL_CONSUMPTION', 70, 12.5)],
  weightsVersion: '1',
};
const unknown: DriverScore = {
  ...scored,
  driverId: 'd-2',
  distanceKm: 40,
  score: null,
  lower: null,
  upper: null,
  band: null,
  rank: null,
  contributions: [],
};
const unmeasured: DriverScore = { ...scored, driverId: 'd-3', rank: 2, contributions: [contribution('HARSH_BRAKING', 55)] };
const PAGE = {
  items: [scored, unmeasured, unknown],
  nextCursor: null,
  rules: { version: '1', windowDays: 28, leastKm: 160, behaviours: [] },
};

beforeEach(() => {
  vi.stubGlobal('scrollTo', () => undefined);
  const answer = () => new Response(JSON.stringify(PAGE), { headers: { 'Content-Type': 'application/json' } });
  client.setConfig({ baseUrl: 'http://fleet.test', fetch: () => Promise.resolve(answer()) });
});

function show(component: () => React.ReactNode): void {
  const router = createRouter({ routeTree: createRootRoute({ component }), history: createMemoryHistory() });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
}

const rowOf = async (driver: string) =>
  (await screen.findByRole('link', { name: `Open driver ${driver}` })).closest('tr') as HTMLElement;

test('a score stands with its band as a word and with its interval', async () => {
  show(DriversPage);
  const row = await rowOf('d-1');
  within(row).getByText('81');
  within(row).getByText('Good');
  within(row).getByText('74 to 88');
});

test('who drove too little has no number at all', async () => {
  show(DriversPage);
  const row = await rowOf('d-2');
  within(row).getByText('Not enough distance yet');
  within(row).getByText('Not known');
  expect(within(row).queryByText(/^\d+$/)).toBeNull();
});

test('the heatmap says the points in each cell, and that something was not measured', async () => {
  show(DriverHeatmap);
  expect(
    within(await rowOf('d-1'))
      .getAllByRole('cell')
      .map((cell) => cell.textContent),
  ).toEqual(['92', '70']);
  expect(
    within(await rowOf('d-3'))
      .getAllByRole('cell')
      .map((cell) => cell.textContent),
  ).toEqual(['55', '–not measured']);
  expect(screen.queryByRole('link', { name: 'Open driver d-2' })).toBeNull();
});

test('a driver without a fuel rate is left out of the bars', async () => {
  show(FuelBars);
  within(await rowOf('d-1')).getByText('12.5 (mean 10)');
  expect(screen.queryByRole('link', { name: 'Open driver d-3' })).toBeNull();
});
