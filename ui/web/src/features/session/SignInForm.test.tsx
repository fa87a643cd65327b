import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { client } from '@/api/client.gen';
import { SignInForm } from './SignInForm';

const json = (body: unknown, status: number) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

let asked: unknown[] = [];
let replies: Response[] = [];
let done = 0;

beforeEach(() => {
  [asked, done] = [[], 0];
  client.setConfig({
    baseUrl: 'http://fleet.test',
    fetch: async (request) => {
      asked.push(await (request as Request).json());
      return replies.shift() ?? json({}, 500);
    },
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SignInForm onDone={() => (done += 1)} />
    </QueryClientProvider>,
  );
});

async function signIn(): Promise<void> {
  await userEvent.type(screen.getByLabelText('Email'), 'sam@fleet.example');
  await userEvent.type(screen.getByLabelText('Password'), 'correct horse');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
}

test('a code is asked for only where the account wants one, and sent with the password', async () => {
  replies = [json({ detail: 'Enter the code from your app.', secondFactor: true }, 401), json({ userId: 'u1' }, 200)];
  expect(screen.queryByLabelText('Code')).toBeNull();
  await signIn();
  const field = await screen.findByLabelText('Code');
  await waitFor(() => expect(document.activeElement).toBe(field));
  await userEvent.type(field, '123456{Enter}');
  await waitFor(() => expect(done).toBe(1));
  expect(asked).toEqual([
    { email: 'sam@fleet.example', password: 'correct horse', code: null },
    { email: 'sam@fleet.example', password: 'correct horse', code: '123456' },
  ]);
});

test('a wrong password is told in words, and no code is asked for', async () => {
  replies = [json({ detail: 'Email or password is wrong.' }, 401)];
  await signIn();
  await screen.findByText('This email and password do not match. Check both, then try again.');
  expect(screen.queryByLabelText('Code')).toBeNull();
});
