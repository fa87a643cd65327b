/** Where the link of an invitation leads: choose a password. The token stays behind the #, which no server sees. */
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState, type SyntheticEvent } from 'react';
import { Button, Form } from 'react-aria-components';
import { acceptInvitation } from '@/api';
import { FormField } from '@/shared/controls/FormField';
import { t } from '@/shared/language/language';
import { Emblem } from '@/shared/page/Emblem';
import { useHeadingFocus } from '@/shared/page/useHeadingFocus';
import { answer, inWords } from '@/shared/problem';

const LEAST = 12;
const MOST = 1024;

export function WelcomePage() {
  const heading = useHeadingFocus();
  const [token] = useState(() => location.hash.slice(1));
  const accept = useMutation({ mutationFn: (password: string) => answer(acceptInvitation({ body: { token, password } })) });
  useEffect(() => {
    document.title = `${t('Welcome')} – FleetGuard`;
  }, []);
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center px-5 py-10">
      <p className="mb-8 flex items-center gap-3 text-lg font-semibold">
        <Emblem className="size-8" /> FleetGuard
      </p>
      <h1 ref={heading} tabIndex={-1} className="text-2xl font-semibold">
        {t('Welcome')}
      </h1>
      {accept.data ? (
        <Chosen email={accept.data.email} />
      ) : token ? (
        <ChooseForm onChoose={accept.mutate} isPending={accept.isPending} error={accept.error} />
      ) : (
        <p className="mt-2 text-muted">{t('This address is incomplete: open the whole link of your invitation.')}</p>
      )}
    </main>
  );
}

interface ChooseProps {
  onChoose: (password: string) => void;
  isPending: boolean;
  error: Error | null;
}

function ChooseForm({ onChoose, isPending, error }: ChooseProps) {
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    onChoose(String(new FormData(event.currentTarget).get('password')));
  };
  return (
    <>
      <p className="mt-1 text-muted">{t('Choose the password with which you sign in from now on.')}</p>
      <Form onSubmit={submit} className="mt-7 flex flex-col gap-5">
        <FormField
          name="password"
          type="password"
          label={t('New password')}
          autoComplete="new-password"
          help={t('At least 12 characters. A few words in a row are good and easy to remember.')}
          least={LEAST}
          most={MOST}
        />
        {error && (
          <p role="alert" className="rounded-lg bg-high-soft px-4 py-3 text-sm font-medium text-high-ink">
            {inWords(error)}
          </p>
        )}
        <Button type="submit" data-primary className="button mt-1" isPending={isPending}>
          {isPending ? t('One moment…') : t('Keep this password')}
        </Button>
      </Form>
    </>
  );
}

/** Takes the focus: the form is gone. */
function Chosen({ email }: { email: string }) {
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <>
      <p ref={place} tabIndex={-1} className="mt-2 outline-none">
        {t('Your password is kept. Sign in with it and {email}.', { email })}
      </p>
      <Link to="/sign-in" className="button mt-6 self-start" data-primary>
        {t('Sign in')}
      </Link>
    </>
  );
}
