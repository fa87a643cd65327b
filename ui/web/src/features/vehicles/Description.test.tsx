import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import type { Session, VehicleDetail } from '@/api';
import { client } from '@/api/client.gen';
import { SESSION_KEY, type Permission } from '@/features/session/session';
import { keepPreferences } from '@/shared/reader/preferences';
import { Line } from '@/shared/live/fakeLine';
import { LiveConnection } from '@/shared/live/liveConnection';
import { LiveProvider } from '@/shared/live/LiveProvider';
import openapi from '../../../../openapi.json';
import { Description } from './Description';
import { AGE_YEARS, MODEL_LETTERS, TANK_L } from './description';
import { vehicleQuery } from './vehicles.queries';

const VEHICLE: VehicleDetail = {
  vehicleId: 'VH-1',
  vehicleClass: 'car',
  model: null,
  ageYears: 3.456,
  tankL: null,
  lastSeenAt: null,
  liveAlerts: 0,
  snoozedAlerts: 0,
  worstSeverity: null,
  lat: null,
  lon: null,
  speed: null,
  fuelLevel: null,
  driverId: null,
  readings: [],
};

let asked: [string, unknown][] = [];
let refusal: string | undefined;

beforeEach(() => {
  localStorage.clear();
  asked = [];
  refusal = undefined;
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: async (request) => {
      const sent = request as Request;
      const change = (await sent.json()) as Partial<VehicleDetail>;
      asked.push([`${sent.method} ${new URL(sent.url).pathname}`, change]);
      const body = refusal ? { detail: refusal } : { ...VEHICLE, ...change };
      return new Response(JSON.stringify(body), { status: refusal ? 422 : 200, headers: { 'Content-Type': 'application/json' } });
    },
  });
});

function Shown() {
  const { data } = useQuery({ ...vehicleQuery('VH-1'), enabled: false });
  return data && <Description vehicle={data} />;
}

function show(permissions: Permission[] = ['manage devices'], vehicle = VEHICLE): Line {
  const queries = new QueryClient();
  queries.setQueryData(SESSION_KEY, { permissions } as Session);
  queries.setQueryData(vehicleQuery('VH-1').queryKey, vehicle);
  const line = new Line('/sse/anomalies');
  render(
    <QueryClientProvider client={queries}>
      <LiveProvider connection={new LiveConnection(() => line)}>
        <Shown />
      </LiveProvider>
    </QueryClientProvider>,
  );
  return line;
}

const edit = () => screen.getByRole('button', { name: 'Edit the description…' });
const said = () => screen.getAllByRole('definition').map(({ textContent }) => textContent);
const field = (label: string) => screen.getByRole<HTMLInputElement>('textbox', { name: label });
const save = () => userEvent.click(screen.getByRole('button', { name: 'Save' }));
const open = async () => {
  await userEvent.click(edit());
  return within(await screen.findByRole('dialog', { name: 'Description of VH-1' }));
};

async function type(label: string, typed: string): Promise<void> {
  await userEvent.clear(field(label));
  if (typed) await userEvent.type(field(label), typed);
  await userEvent.tab();
}

test('the card says what is known in words, and what is not', () => {
  show();
  expect(said()).toEqual(['Car', 'Usual for the class', 'Not known', '3 years']);
});

test('what was changed is sent and nothing else, the card follows, and the focus is back', async () => {
  show();
  const dialog = await open();
  await userEvent.click(dialog.getByRole('button', { name: /Class/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'Truck' }));
  await type('Tank, in litres', '400.5');
  await userEvent.type(field('Model'), ' Actros ');
  await save();
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(asked).toEqual([['PATCH /api/vehicles/VH-1', { vehicleClass: 'truck', tankL: 400.5, model: 'Actros' }]]);
  expect(said()).toEqual(['Truck', '401 l', 'Actros', '3 years']);
  expect(screen.getByRole('status').textContent).toBe('Saved. It counts within half a minute.');
  await waitFor(() => expect(document.activeElement).toBe(edit()));
});

test('an emptied field is unknown again', async () => {
  show(undefined, { ...VEHICLE, tankL: 60.1, model: 'Golf' });
  await open();
  for (const label of ['Tank, in litres', 'Model', 'Age, in years']) await type(label, '');
  await save();
  await waitFor(() => expect(asked).toEqual([['PATCH /api/vehicles/VH-1', { tankL: null, model: null, ageYears: null }]]));
});

test('going through the fields changes none of them, and nothing is sent', async () => {
  show(undefined, { ...VEHICLE, tankL: 60.1, model: 'Golf' });
  await open();
  for (const label of ['Tank, in litres', 'Age, in years']) {
    await userEvent.click(field(label));
    await userEvent.tab();
  }
  await save();
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(asked).toEqual([]);
  expect(screen.getByRole('status').textContent).toBe('');
});

test('a reader of gallons types gallons, the server gets litres, and the card says gallons', async () => {
  keepPreferences({ language: 'system', units: 'imperial', timeZone: 'system' });
  show(undefined, { ...VEHICLE, tankL: 60.1 });
  const dialog = await open();
  expect(field('Tank, in US gallons').value).toBe('15.877');
  await type('Tank, in US gallons', '529');
  expect(dialog.getByText('A tank holds 1.33 to 528.34 US gallons.')).toBeTruthy();
  await type('Tank, in US gallons', '20');
  await save();
  await waitFor(() => expect(asked).toEqual([['PATCH /api/vehicles/VH-1', { tankL: 75.708 }]]));
  await waitFor(() => expect(said()).toContain('20 gal'));
});

test('a reader of gallons who goes through the field, or types the same again, changes no litre', async () => {
  keepPreferences({ language: 'system', units: 'imperial', timeZone: 'system' });
  show(undefined, { ...VEHICLE, tankL: 60.1 });
  await open();
  await userEvent.click(field('Tank, in US gallons'));
  await userEvent.tab();
  await type('Tank, in US gallons', '20');
  await type('Tank, in US gallons', '15.877');
  await save();
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(asked).toEqual([]);
});

test.each([
  ['Tank, in litres', '4.9', 'A tank holds 5 to 2,000 litres.'],
  ['Tank, in litres', '2001', 'A tank holds 5 to 2,000 litres.'],
  ['Age, in years', '101', 'An age is 0 to 100 years.'],
])('%s: %s is refused beside the field, which has the focus', async (label, typed, sentence) => {
  show();
  const dialog = await open();
  await type(label, typed);
  expect(field(label).getAttribute('aria-invalid')).toBe('true');
  const words = field(label).getAttribute('aria-describedby')?.split(' ') ?? [];
  expect(words.map((id) => document.getElementById(id)?.textContent)).toContain(sentence);
  await save();
  expect(document.activeElement).toBe(field(label));
  expect(asked).toEqual([]);
  await type(label, '50');
  expect(dialog.queryByText(sentence)).toBeNull();
});

test('what the server refuses is said in the dialog, and what was typed stays', async () => {
  show();
  refusal = 'model: too long';
  await open();
  await type('Tank, in litres', '70');
  await save();
  expect((await screen.findByRole('alert')).textContent).toBe('model: too long');
  expect(field('Tank, in litres').value).toBe('70');
});

test('who does not manage devices reads it and is offered no button', () => {
  show(['read the fleet']);
  expect(said()).toHaveLength(4);
  expect(screen.queryByRole('button')).toBeNull();
});

test('without a connection the button says that it needs one', () => {
  const line = show();
  act(() => line.send('heartbeat'));
  expect(edit()).toHaveProperty('disabled', false);
  line.readyState = 0;
  act(() => line.send('error'));
  expect(screen.getByRole('button', { name: 'Editing needs a connection' })).toHaveProperty('disabled', true);
});

test('the bounds are those of the server', () => {
  const { tankL, ageYears, model } = openapi.components.schemas.VehicleChange.properties;
  expect(tankL.anyOf[0]).toMatchObject({ minimum: TANK_L.least, maximum: TANK_L.most });
  expect(ageYears.anyOf[0]).toMatchObject({ minimum: AGE_YEARS.least, maximum: AGE_YEARS.most });
  expect(model.anyOf[0]).toMatchObject({ maxLength: MODEL_LETTERS });
});
