/** The way in through the provider that this installation has, if it has one, and why it did not lead in. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import { getSignInWays } from '@/api';
import { aloneInBrowser } from '@/features/alerts/alertOutbox';
import { t } from '@/shared/language/language';
import { forgetLastKnown } from '@/shared/offline/lastKnown';
import { answer } from '@/shared/problem';

/** By the reason that the server leaves behind the #. */
export const REFUSAL_WORDS: Record<string, string> = {
  expired: 'This sign-in took too long, or was started elsewhere. Start again.',
  refused: 'The provider did not confirm who you are. Try again.',
  unverified: 'The provider has not verified your email address, so it cannot be used here.',
  unknown: 'No active account has this email address. Ask your FleetGuard administrator to invite you.',
  'second-factor': 'This account asks for a code: sign in with your email, password and code.',
  throttled: 'Too many attempts. Wait a minute, then try again.',
  unavailable: 'The provider or FleetGuard does not answer. Try again in a moment.',
};

interface Props {
  next: string | undefined;
  leave?: (href: string) => void;
}

export function ProviderSignIn({ next, leave = (href) => location.assign(href) }: Props) {
  const [refusal] = useState(() => REFUSAL_WORDS[location.hash.slice(1)]);
  const name = useQuery({ queryKey: ['sign-in-ways'], queryFn: () => answer(getSignInWays()) }).data?.oidc;
  const start = useMutation({
    mutationFn: () => aloneInBrowser(forgetLastKnown),
    onSuccess: () => leave(`/api/session/oidc?${new URLSearchParams(next ? { next } : {})}`),
  });
  return (
    <>
      {refusal && (
        <p role="alert" className="mt-5 rounded-lg bg-high-soft px-4 py-3 text-sm font-medium text-high-ink">
          {t(refusal)}
        </p>
      )}
      {name && (
        <Button className="button mt-5 w-full" isPending={start.isPending} onPress={() => start.mutate()}>
          {t('Sign in with {name}', { name })}
        </Button>
      )}
    </>
  );
}
