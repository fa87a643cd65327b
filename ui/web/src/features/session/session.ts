/** Who is signed in. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getSession, signIn, signOut, type Credentials, type Session } from '@/api';
import { alertOutbox, aloneInBrowser } from '@/features/alerts/alertOutbox';
import { forgetLastKnown, orLastKnown } from '@/shared/offline/lastKnown';
import { answer, isProblem } from '@/shared/problem';

export type { Session };

export const SESSION_KEY = ['session'] as const;

/** The session, or null when nobody is signed in. Without a connection, the one that was. */
export const sessionQuery = queryOptions({
  queryKey: SESSION_KEY,
  queryFn: async (): Promise<Session | null> => {
    try {
      return await orLastKnown(
        'session',
        () => answer(getSession()),
        (session) => session,
      );
    } catch (problem) {
      if (!isProblem(problem, 401)) throw problem;
      await forgetLastKnown();
      return null;
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

export type Permission = Session['permissions'][number];

/** Whether the person may; the server decides, the page only does not offer what it would refuse. */
export function useMay(permission: Permission): boolean {
  return useQuery(sessionQuery).data?.permissions.includes(permission) ?? false;
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Credentials) =>
      aloneInBrowser(async () => {
        await forgetLastKnown();
        return answer(signIn({ body }));
      }),
    onSuccess: (session) => queries.setQueryData(SESSION_KEY, session),
  });
}

/** Ends the session and forgets everything that was loaded under it, in the browser too. */
export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const userId = queries.getQueryData(sessionQuery.queryKey)?.userId;
      return aloneInBrowser(async () => {
        await (await import('@/features/settings/push')).turnOff().catch(() => undefined); // signing out goes before
        await answer(signOut());
        await Promise.all([forgetLastKnown(), ...(userId ? [alertOutbox.wipe(userId)] : [])]);
      });
    },
    onSuccess: () => {
      queries.clear();
      queries.setQueryData(SESSION_KEY, null);
    },
  });
}
