/** How server state is kept: short-lived, never retried where retrying cannot help. */
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { SESSION_KEY } from '@/features/session/session';
import { ApiProblem, isProblem } from '@/shared/problem';

export function createQueryClient(onSignedOut: () => void): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (!isProblem(error, 401)) return;
        queries.setQueryData(SESSION_KEY, null);
        onSignedOut();
      },
    }),
    defaultOptions: {
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status >= 400 && error.status < 500),
      },
    },
  });
  return queries;
}
