import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import type { AlertRule } from '@/api';
import { client } from '@/api/client.gen';
import { ThresholdsCard } from './ThresholdsCard';

const SPEEDING: AlertRule = {
  type: 'SPEEDING',
  threshold: 0.8,
  usual: 0.7,
  fleet: 0.8,
  classes: { truck: 0.9 },
  lowest: 0.5,
  highest: 0.95,
};
const FORECAST: AlertRule = {
  type: 'COMPONENT_FAILURE_RISK',
  threshold: 0.5,
  usual: 0.5,
  fleet: null,
  classes: {},
  lowest: null,
  highest: null,
};

let asked: [string, unknown][] = [];

beforeEach(() => {
  asked = [];
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: async (request) => {
      const sent = request as Request;
      asked.push([`${sent.method} ${new URL(sent.url).pathname}`, sent.body ? await sent.json() : null]);
      const body = sent.method === 'DELETE' ? { items: [] } : { trialId: 't-1', state: 'WAITING' };
      return new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } });
    },
  });
});

function show(mayChange = true): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ThresholdsCard rules={[SPEEDING, FORECAST]} mayChange={mayChange} onAsked={() => undefined} />
    </QueryClientProvider>,
  );
}

async function changeFor(column: string): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name: /Change them for/ }));
  await userEvent.click(await screen.findByRole('option', { name: column }));
}

async function type(label: string, typed: string): Promise<void> {
  const field = screen.getByRole('textbox', { name: label });
  await userEvent.clear(field);
  if (typed) await userEvent.type(field, typed);
  await userEvent.tab();
}

const proposed = () => asked.map(([what, body]) => [what, (body as { thresholds?: unknown } | null)?.thresholds]);
const tryIt = () => userEvent.click(screen.getByRole('button', { name: 'Try these on the past' }));

test('a threshold of a class is tried beside all that holds', async () => {
  show();
  await changeFor('Vans');
  await type('Speeding, Vans: an alert begins at', '85.5');
  expect(screen.getByText('One change that is not saved.')).toBeTruthy();
  await tryIt();
  expect(proposed()).toEqual([
    [
      'POST /api/alert-rules/trials',
      [
        { type: 'SPEEDING', vehicleClass: null, threshold: 0.8 },
        { type: 'SPEEDING', vehicleClass: 'van', threshold: 0.855 },
        { type: 'SPEEDING', vehicleClass: 'truck', threshold: 0.9 },
      ],
    ],
  ]);
});

test('an emptied field takes the threshold of the class away, and says what holds instead', async () => {
  show();
  await changeFor('Trucks');
  await type('Speeding, Trucks: an alert begins at', '');
  const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Speeding, Trucks: an alert begins at' });
  expect([field.value, field.placeholder]).toEqual(['', '80 %']);
  await tryIt();
  expect(proposed()[0]?.[1]).toEqual([{ type: 'SPEEDING', vehicleClass: null, threshold: 0.8 }]);
});

test('what is typed out of bounds becomes the nearest that may be', async () => {
  show();
  await type('Speeding, All vehicles: an alert begins at', '30');
  expect(screen.getByRole<HTMLInputElement>('textbox').value).toMatch(/^50/);
});

test('changes in several columns are kept together, and discarded together', async () => {
  show();
  await type('Speeding, All vehicles: an alert begins at', '75');
  await changeFor('Cars');
  await type('Speeding, Cars: an alert begins at', '72');
  expect(screen.getByText('2 changes that are not saved.')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Discard the changes' }));
  expect(screen.getByText('Nothing is changed.')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Try these on the past' })).toHaveProperty('disabled', true);
});

test('the usual thresholds come back only after a question', async () => {
  show();
  await userEvent.click(screen.getByRole('button', { name: 'Back to the usual…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Back to the usual thresholds?' }));
  await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
  expect(asked).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Back to the usual…' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Give up our own' }));
  expect(asked.map(([what]) => what)).toEqual(['DELETE /api/alert-rules']);
  await waitFor(() => expect(document.activeElement?.textContent).toBe('An alert begins at'));
});

test('who may not change the rules reads them and is offered no field', () => {
  show(false);
  expect(screen.queryByRole('textbox')).toBeNull();
  expect(screen.queryByRole('button')).toBeNull();
  expect(screen.getAllByRole('cell').map(({ textContent }) => textContent)).toContain('90 %');
});
