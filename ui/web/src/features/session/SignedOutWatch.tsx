/** A stream that stays silent may mean that the session has ended elsewhere: then the way in is shown. */
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useLineState } from '@/shared/live/LiveProvider';
import { sessionQuery } from './session';

export function SignedOutWatch() {
  const { status } = useLineState();
  const queries = useQueryClient();
  const router = useRouter();
  useEffect(() => {
    if (status !== 'stale' && status !== 'reconnecting') return;
    const next = router.state.location.href;
    queries.fetchQuery({ ...sessionQuery, staleTime: 0, retry: false }).then(
      (session) => session ?? void router.navigate({ to: '/sign-in', search: { next } }),
      () => undefined, // the server cannot be reached, and the connection banner says so
    );
  }, [status, queries, router]);
  return null;
}
