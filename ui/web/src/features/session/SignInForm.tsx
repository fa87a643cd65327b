/** Email, password, and a code where the account asks for one. */
import { t } from '@/shared/language/language';
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { FormField } from '@/shared/controls/FormField';
import { asksForCode, inWords, isProblem } from '@/shared/problem';
import { useSignIn } from './session';

export function SignInForm({ onDone }: { onDone: () => void }) {
  const signIn = useSignIn();
  const [wantsCode, setWantsCode] = useState(false);
  const code = useRef<HTMLInputElement>(null);
  useEffect(() => code.current?.focus(), [wantsCode]);

  function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const text = (name: string) => String(fields.get(name)).trim();
    const body = { email: text('email'), password: String(fields.get('password')), code: wantsCode ? text('code') : null };
    signIn.mutate(body, { onSuccess: onDone, onError: (problem) => setWantsCode((wanted) => wanted || asksForCode(problem)) });
  }

  return (
    <Form onSubmit={submit} className="mt-7 flex flex-col gap-5">
      <FormField
        name="email"
        type="email"
        label={t('Email')}
        autoComplete="username"
        help={t('For example, sam@fleet.example.')}
      />
      <FormField
        name="password"
        type="password"
        label={t('Password')}
        autoComplete="current-password"
        help={t('Capital and small letters count as different.')}
      />
      {wantsCode && (
        <FormField
          name="code"
          type="text"
          label={t('Code')}
          autoComplete="one-time-code"
          help={t('From your authenticator app, or one of your spare codes. Each works once.')}
          input={code}
        />
      )}
      {signIn.isError && (
        <p role="alert" className="rounded-lg bg-high-soft px-4 py-3 text-sm font-medium text-high-ink">
          {whatWentWrong(signIn.error)}
        </p>
      )}
      <Button type="submit" data-primary className="button mt-1" isPending={signIn.isPending}>
        {signIn.isPending ? t('Signing in…') : t('Sign in')}
      </Button>
    </Form>
  );
}

function whatWentWrong(problem: unknown): string {
  if (asksForCode(problem)) return t('This account asks for a code that was not used yet.');
  if (isProblem(problem, 401)) return t('This email and password do not match. Check both, then try again.');
  return inWords(problem);
}
