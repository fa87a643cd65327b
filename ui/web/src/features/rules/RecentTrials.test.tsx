import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import { RecentTrials } from './RecentTrials';
import type { BudgetTrialSummary } from './rules.queries';

const DONE: BudgetTrialSummary = {
  trialId: 't-1',
  perVehicleWeek: 3,
  proposal: null,
  days: 30,
  state: 'DONE',
  askedAt: '2026-11-26T10:00:00Z',
  askedBy: 'u-1',
  askedByName: 'Sam Rivera',
  finishedAt: '2026-11-26T10:02:00Z',
  detail: '',
  perVehicleWeekFound: { before: 4.5, after: 3 },
  vanishedTotal: 51,
};
const UNDER_WAY: BudgetTrialSummary = {
  ...DONE,
  trialId: 't-2',
  perVehicleWeek: null,
  proposal: [{ type: 'SPEEDING', vehicleClass: 'van', threshold: 0.8 }],
  state: 'RUNNING',
  perVehicleWeekFound: null,
};

type Page = { items: BudgetTrialSummary[]; nextCursor: string | null };

/** Serves the page that belongs to the cursor, and of the first one the newest look; returns what was opened. */
function show(looks: Page[], older?: Page): string[] {
  const opened: string[] = [];
  const left = [...looks];
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: (request) => {
      const isFirst = !new URL((request as Request).url).searchParams.has('cursor');
      const body = isFirst ? (left.length > 1 ? left.shift() : left[0]) : older;
      return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } }));
    },
  });
  const routeTree = createRootRoute({ component: () => <RecentTrials open="t-1" onOpen={(id) => opened.push(id)} /> });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  return opened;
}

const rows = async () => (await screen.findAllByRole('row')).slice(1);

test('each trial says who asked, of what and what came out, and is a link to its address', async () => {
  const opened = show([{ items: [UNDER_WAY, { ...DONE, state: 'APPLIED' }], nextCursor: null }]);
  const [underWay, done] = (await rows()).map((row) => row.textContent);
  expect(underWay).toContain('One threshold of our own');
  expect(underWay).toContain('Under way');
  expect(done).toContain('Aim: 3 per vehicle and week');
  expect(done).toContain('Sam Rivera');
  expect(done).toContain('4.5 alerts per vehicle and week before, 3 after');
  expect(done).toContain('Saved');
  const links = screen.getAllByRole('link', { name: /^Open the trial of 26 Nov/ });
  expect(links.map((link) => link.getAttribute('href'))).toEqual(['/settings/rules?trial=t-2', '/settings/rules?trial=t-1']);
  expect(links.map((link) => link.getAttribute('aria-current'))).toEqual([null, 'true']);
  await userEvent.click(within(screen.getByRole('row', { name: /Under way/ })).getByRole('link'));
  expect(opened).toEqual(['t-2']);
});

test('what failed says why, and who has left has no name', async () => {
  const failed = {
    ...DONE,
    state: 'FAILED' as const,
    perVehicleWeekFound: null,
    detail: 'No vehicle reported.',
    askedByName: null,
  };
  show([{ items: [failed], nextCursor: null }]);
  const [row] = await rows();
  expect(row?.textContent).toContain('It could not be tried: No vehicle reported.');
  expect(row?.textContent).toContain('Somebody who has left');
});

test('a trial that is under way is looked at again until it has ended', async () => {
  show([
    { items: [UNDER_WAY], nextCursor: null },
    { items: [{ ...UNDER_WAY, state: 'DONE', perVehicleWeekFound: { before: 2, after: 0 } }], nextCursor: null },
  ]);
  await screen.findByText('Under way');
  await screen.findByText('2 alerts per vehicle and week before, 0 after', undefined, { timeout: 5_000 });
});

test('older trials come below when they are asked for', async () => {
  show([{ items: [DONE], nextCursor: 'next' }], { items: [{ ...DONE, trialId: 't-0' }], nextCursor: null });
  await userEvent.click(await screen.findByRole('button', { name: 'Show older trials' }));
  await waitFor(() => expect(within(screen.getByRole('table')).getAllByRole('link')).toHaveLength(2));
  expect(screen.queryByRole('button')).toBeNull();
});

test('a fleet that tried nothing is told so', async () => {
  show([{ items: [], nextCursor: null }]);
  await screen.findByText('Nothing was tried yet.');
});
