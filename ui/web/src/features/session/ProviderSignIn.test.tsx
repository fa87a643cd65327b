import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import { ProviderSignIn } from './ProviderSignIn';

let asked = 0;

function show(oidc: string | null, next?: string): string[] {
  const left: string[] = [];
  asked = 0;
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: () => {
      asked += 1;
      return Promise.resolve(new Response(JSON.stringify({ oidc }), { headers: { 'Content-Type': 'application/json' } }));
    },
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ProviderSignIn next={next} leave={(href) => left.push(href)} />
    </QueryClientProvider>,
  );
  return left;
}

afterEach(() => {
  location.hash = '';
});

test('the button leads to the provider and takes along where to go afterwards', async () => {
  const left = show('Acme ID', '/alerts?state=OPEN');
  await userEvent.click(await screen.findByRole('button', { name: 'Sign in with Acme ID' }));
  await waitFor(() => expect(left).toEqual(['/api/session/oidc?next=%2Falerts%3Fstate%3DOPEN']));
});

test('without a provider there is no button', async () => {
  show(null);
  await waitFor(() => expect(asked).toBe(1));
  expect(screen.queryByRole('button')).toBeNull();
});

test('a refusal is told in words', () => {
  location.hash = '#unknown';
  show(null);
  expect(screen.getByRole('alert').textContent).toContain('No active account has this email address.');
});
