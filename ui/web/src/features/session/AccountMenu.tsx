/** Who is signed in, and the way out. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { useOutbox } from '@/features/alerts/useOutbox';
import { counted, t } from '@/shared/language/language';
import { inWords } from '@/shared/problem';
import { roleInWords, sessionQuery, useSignOut } from './session';

export function AccountMenu() {
  const { data: session } = useQuery(sessionQuery);
  const signOut = useSignOut();
  const navigate = useNavigate();
  const unsent = useOutbox().length;
  if (!session) return null;
  return (
    <DialogTrigger>
      <Button
        className="flex min-h-11 min-w-11 cursor-pointer items-center gap-2 rounded-lg px-1.5 text-sm font-medium"
        aria-label={t('{initials}: account of {name}', { initials: initials(session.name), name: session.name })}
      >
        <span
          aria-hidden="true"
          className="grid size-8 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent"
        >
          {initials(session.name)}
        </span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Dialog aria-label={t('Account')} className="w-64 p-3 outline-none">
          <p className="font-semibold">{session.name}</p>
          <p className="text-sm break-words text-muted">{session.email}</p>
          <p className="mt-2 text-sm text-muted">
            {t(roleInWords(session.role))}, {session.tenant}
          </p>
          <Button
            className="button mt-4 w-full"
            isPending={signOut.isPending}
            onPress={() => signOut.mutate(undefined, { onSuccess: () => navigate({ to: '/sign-in' }) })}
          >
            {signOut.isPending ? t('Signing out…') : leaving(unsent)}
          </Button>
          {signOut.isError && (
            <p role="alert" className="mt-2 text-sm">
              {inWords(signOut.error)}
            </p>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

/** Signing out wipes what waits, so it says so beforehand. */
function leaving(unsent: number): string {
  if (unsent === 0) return t('Sign out');
  return counted(unsent, 'Sign out and drop what waits', 'Sign out and drop the {count} that wait');
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return `${words[0]?.[0] ?? ''}${words.length > 1 ? (words.at(-1)?.[0] ?? '') : ''}`.toUpperCase();
}
