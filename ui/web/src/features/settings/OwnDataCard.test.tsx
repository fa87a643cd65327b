import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test, vi } from 'vitest';
import { client } from '@/api/client.gen';
import { SESSION_KEY } from '@/features/session/session';
import { OwnDataCard } from './OwnDataCard';

let files: Blob[];
let answered: () => Response;
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

beforeEach(() => {
  files = [];
  localStorage.clear();
  localStorage.setItem('fleetguard.savedFilters.sam', JSON.stringify([{ name: 'Grave', filter: { severity: 'CRITICAL' } }]));
  localStorage.setItem('fleetguard.savedFilters.kim', JSON.stringify([{ name: "Kim's", filter: {} }]));
  vi.stubGlobal(
    'URL',
    Object.assign(URL, { createObjectURL: (file: Blob) => `blob:${files.push(file)}`, revokeObjectURL: vi.fn() }),
  );
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  client.setConfig({ baseUrl: 'http://fleet.test', fetch: () => Promise.resolve(answered()) });
});

async function ask(): Promise<void> {
  const queries = new QueryClient();
  queries.setQueryData(SESSION_KEY, { userId: 'sam' });
  render(
    <QueryClientProvider client={queries}>
      <OwnDataCard />
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Download your data' }));
}

test('the file holds what the server stores and what lies in this browser, of this person alone', async () => {
  answered = () => json({ account: { name: 'Sam Rivera' } });
  await ask();
  await screen.findByText('The file is among your downloads.');
  expect(JSON.parse((await files[0]?.text()) ?? '')).toEqual({
    account: { name: 'Sam Rivera' },
    thisBrowser: {
      preferences: { language: 'system', units: 'metric', timeZone: 'system' },
      savedFilters: [{ name: 'Grave', filter: { severity: 'CRITICAL' } }],
    },
  });
});

test('a failure says why, and there is no file', async () => {
  answered = () => json({ detail: 'PostgreSQL does not answer.' }, 503);
  await ask();
  await screen.findByText('PostgreSQL does not answer.');
  expect(files).toEqual([]);
});
