import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, test } from 'vitest';
import { SESSION_KEY } from '@/features/session/session';
import { readSavedFilters } from './savedFilterStore';
import { SavedFilters } from './SavedFilters';

beforeEach(() => localStorage.clear());

async function open(): Promise<void> {
  const queries = new QueryClient();
  queries.setQueryData(SESSION_KEY, { userId: 'u1' });
  const routeTree = createRootRoute({ component: () => <SavedFilters filter={{ severity: 'HIGH', q: 'ice' }} /> });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await userEvent.click(await screen.findByRole('button', { name: 'Saved filters' }));
}

test('a saved filter is a link with the filter in its address, and can be removed', async () => {
  await open();
  await userEvent.type(await screen.findByRole('textbox', { name: 'Name for the present filter' }), 'Icy roads{Enter}');
  const link = await screen.findByRole('link', { name: 'Icy roads' });
  expect(link.getAttribute('href')).toBe('/alerts?severity=HIGH&q=ice');
  expect(readSavedFilters('u1')).toHaveLength(1);
  await userEvent.click(screen.getByRole('button', { name: 'Remove saved filter: Icy roads' }));
  expect(screen.queryByRole('link', { name: 'Icy roads' })).toBeNull();
});

test("another person's filters are not shown, and what cannot be read is left out", () => {
  localStorage.setItem('fleetguard.savedFilters.u1', '{"broken');
  localStorage.setItem('fleetguard.savedFilters.u2', '[{"name":"Mine","filter":{"severity":"AWFUL"}},{"name":3}]');
  expect(readSavedFilters('u1')).toEqual([]);
  expect(readSavedFilters('u2')).toEqual([{ name: 'Mine', filter: {} }]);
});
