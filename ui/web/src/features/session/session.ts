/** Who is signed in. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { getSession, signIn, signOut, type Credentials, type Session } from '@/api';
import { answer, isProblem } from '@/shared/problem';

export type { Session };

export const SESSION_KEY = ['session'] as const;

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: async (): Promise<Session | null> => {
    try {
      return await answer(getSession());
    } catch (problem) {
      if (isProblem(problem, 401)) return null;
      throw problem;
    }
  },
  staleTime: Infinity,
});

const ROLE_IN_WORDS: Record<Session['role'], string> = {
  platform_admin: 'Platform administrator',
  fleet_manager: 'Fleet manager',
  dispatcher: 'Dispatcher',
  driver: 'Driver',
  ml_engineer: 'ML engineer',
  analyst: 'Analyst',
};

export function roleInWords(role: Session['role']): string {
  return ROLE_IN_WORDS[role];
}

/** Roles that may deal with alerts; the server decides, the page only does not offer what it would refuse. */
export function mayDealWithAlerts(role: Session['role']): boolean {
  return role === 'platform_admin' || role === 'fleet_manager' || role === 'dispatcher';
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) => answer(signIn({ body })),
    onSuccess: (session) => queries.setQueryData(SESSION_KEY, session),
  });
}

/** Ends the session and forgets everything that was loaded under it. */
export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(signOut()),
    onSuccess: () => {
      queries.clear();
      queries.setQueryData(SESSION_KEY, null);
    },
  });
}
