/** One's own ways in, on the server: password, second factor, sessions, tokens of programs. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import {
  changePassword,
  confirmSecondFactor,
  createToken,
  endSession,
  enrolSecondFactor,
  listSessions,
  listTokens,
  removeSecondFactor,
  revokeToken,
  type ApiToken,
  type NewApiToken,
  type OpenSession,
  type PasswordChange,
} from '@/api';
import { SESSION_KEY } from '@/features/session/session';
import { answer } from '@/shared/problem';

export type { ApiToken, OpenSession };

export const sessionsQuery = queryOptions({
  queryKey: ['own sessions'],
  queryFn: async ({ signal }) => (await answer(listSessions({ signal }))).items,
});

export const tokensQuery = queryOptions({
  queryKey: ['own tokens'],
  queryFn: async ({ signal }) => (await answer(listTokens({ signal }))).items,
});

export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: PasswordChange) => answer(changePassword({ body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(endSession({ path: { id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

export function useEnrol() {
  return useMutation({ mutationFn: () => answer(enrolSecondFactor()) });
}

export function useConfirmFactor() {
  return useMutation({ mutationFn: (code: string) => answer(confirmSecondFactor({ body: { code } })) });
}

export function useRemoveFactor() {
  const renew = useRenewedSession();
  return useMutation({ mutationFn: (code: string) => answer(removeSecondFactor({ body: { code } })), onSuccess: renew });
}

/** The session says whether a code is asked for. */
export function useRenewedSession() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: SESSION_KEY });
}

export function useCreateToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewApiToken) => answer(createToken({ body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}

export function useRevokeToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(revokeToken({ path: { id } })),
    onSettled: () => queries.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}
