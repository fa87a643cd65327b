import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import type { Forecast, Session, Visit } from '@/api';
import { client } from '@/api/client.gen';
import { SESSION_KEY, type Permission } from '@/features/session/session';
import { Line } from '@/shared/live/fakeLine';
import { LiveConnection } from '@/shared/live/liveConnection';
import { LiveProvider } from '@/shared/live/LiveProvider';
import { keepPreferences } from '@/shared/reader/preferences';
import { forecastQuery } from './vehicles.queries';
import { Workshop } from './Workshop';

const BRAKES: Visit = { component: 'brakes', at: '2026-11-24T12:00:00Z', failure: true };
const risk = (component: string, probability: number): Forecast => ({
  vehicleId: 'VH-1',
  component,
  horizonH: 72,
  probability,
  lower: 0,
  upper: 1,
  madeAt: '2026-11-24T12:00:00Z',
  modelVersion: 'cox-1',
});
const FORECAST = { vehicleId: 'VH-1', items: [risk('brakes', 0.1), risk('water_pump', 0.4)], record: [] };
const json = (body: unknown, status: number) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

let visits: Visit[];
let asked: [string, unknown][];
let refusal: string | undefined;

beforeEach(() => {
  localStorage.clear();
  [visits, asked, refusal] = [[], [], undefined];
  keepPreferences({ language: 'en', units: 'metric', timeZone: 'Europe/Berlin' });
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: async (request) => {
      const { method, url, ...rest } = await read(request as Request);
      const path = new URL(url).pathname;
      if (path.endsWith('/forecast')) return json(FORECAST, 200);
      if (method === 'GET') return json({ items: visits, nextCursor: null }, 200);
      asked.push([path, rest.body]);
      if (refusal) return json({ detail: refusal }, 409);
      visits = path.endsWith('/withdraw') ? [] : [rest.body as Visit];
      return path.endsWith('/withdraw') ? json(null, 204) : json(rest.body, 201);
    },
  });
});

async function read(request: Request) {
  const { method, url } = request;
  return { method, url, body: method === 'GET' ? undefined : ((await request.json()) as unknown) };
}

function show(permissions: Permission[] = ['record maintenance']): Line {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(SESSION_KEY, { permissions } as Session);
  queries.setQueryData(forecastQuery('VH-1').queryKey, FORECAST);
  const line = new Line('/sse/anomalies');
  render(
    <QueryClientProvider client={queries}>
      <LiveProvider connection={new LiveConnection(() => line)}>
        <Workshop vehicleId="VH-1" />
      </LiveProvider>
    </QueryClientProvider>,
  );
  return line;
}

const button = (name: string) => screen.getByRole('button', { name });
const open = async () => {
  await userEvent.click(button('Record a visit…'));
  return within(await screen.findByRole('dialog', { name: 'Workshop visit of VH-1' }));
};

test('a visit says which part, when, and whether it had failed', async () => {
  visits = [BRAKES, { component: 'water_pump', at: '2020-01-02T03:04:00Z', failure: false }];
  show(['read the fleet']);
  const lines = await screen.findAllByRole('listitem');
  expect(lines.map(({ textContent }) => textContent)).toEqual([
    'Brakes, had failed24 Nov 2026, 13:00',
    'Water pump, before it failed2 Jan 2020, 04:04',
  ]);
  expect(screen.queryByRole('button')).toBeNull();
});

test('what is chosen, typed and ticked is sent, the list follows, and the focus is back', async () => {
  show();
  await screen.findByText('No visit is recorded yet. The forecast learns from each.');
  const dialog = await open();
  await userEvent.click(dialog.getByRole('button', { name: /^Show the parts/ }));
  const options = await screen.findAllByRole('option');
  expect(options.map(({ textContent }) => textContent)).toEqual(['Water pump', 'Brakes']);
  await userEvent.click(screen.getByRole('option', { name: 'Brakes' }));
  fireEvent.change(dialog.getByLabelText('When'), { target: { value: '2026-11-24T13:00' } });
  await userEvent.click(dialog.getByRole('checkbox', { name: 'It had failed' }));
  await userEvent.click(button('Record it'));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(asked).toEqual([['/api/vehicles/VH-1/maintenance', { ...BRAKES, at: '2026-11-24T12:00:00.000Z' }]]);
  await screen.findByText('24 Nov 2026, 13:00');
  expect(screen.getByRole('status').textContent).toBe('Recorded. The next forecast counts it.');
  await waitFor(() => expect(document.activeElement).toBe(button('Record a visit…')));
});

test('a part the forecasts do not know is typed, and one they know is meant by its words', async () => {
  show();
  for (const [typed, meant] of [
    ['Clutch', 'Clutch'],
    ['water pump', 'water_pump'],
  ] as const) {
    const dialog = await open();
    await userEvent.type(dialog.getByRole('combobox', { name: 'Part' }), typed);
    await userEvent.tab();
    await userEvent.click(button('Record it'));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(asked.at(-1)?.[1]).toMatchObject({ component: meant, failure: false });
  }
});

test('without a part nothing is sent', async () => {
  show();
  const dialog = await open();
  await userEvent.click(button('Record it'));
  expect(document.activeElement).toBe(dialog.getByRole('combobox', { name: 'Part' }));
  expect(asked).toEqual([]);
});

test('what the server refuses is said in the dialog, and what was typed stays', async () => {
  show();
  refusal = 'Take that one back first.';
  const dialog = await open();
  await userEvent.type(dialog.getByRole('combobox', { name: 'Part' }), 'Clutch');
  await userEvent.tab();
  await userEvent.click(button('Record it'));
  expect((await dialog.findByRole('alert')).textContent).toBe(refusal);
  expect(dialog.getByRole('combobox', { name: 'Part' })).toHaveProperty('value', 'Clutch');
});

test('a wrong visit is taken back, and the focus has somewhere to be', async () => {
  visits = [BRAKES];
  show();
  await userEvent.click(await screen.findByRole('button', { name: 'Take back: Brakes, 24 Nov 2026, 13:00' }));
  await screen.findByText('No visit is recorded yet. The forecast learns from each.');
  expect(asked).toEqual([['/api/vehicles/VH-1/maintenance/withdraw', { component: 'brakes', at: BRAKES.at }]]);
  expect(screen.getByRole('status').textContent).toBe('Taken back. The next forecast no longer counts it.');
  expect(document.activeElement).toBe(button('Record a visit…'));
});

test('without a connection the button says that it needs one, and nothing is offered to be taken back', async () => {
  visits = [BRAKES];
  const line = show();
  await screen.findByText('24 Nov 2026, 13:00');
  act(() => line.send('heartbeat'));
  line.readyState = 0;
  act(() => line.send('error'));
  expect(screen.getAllByRole('button')).toEqual([button('Recording needs a connection')]);
  expect(button('Recording needs a connection')).toHaveProperty('disabled', true);
});
