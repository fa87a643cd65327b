/** Opens the saved filters; each is a link, so it can be shared like any other view. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { sessionQuery } from '@/features/session/session';
import { Chevron } from '@/shared/controls/Chevron';
import { t } from '@/shared/language/language';
import type { AlertFilter } from './alertFilter';

const SavedFilterList = lazy(() => import('./SavedFilterList'));

export function SavedFilters({ filter }: { filter: AlertFilter }) {
  const { data: session } = useQuery(sessionQuery);
  if (!session) return null;
  return (
    <DialogTrigger>
      <Button className="button">
        {t('Saved filters')} <Chevron />
      </Button>
      <Popover className="popover w-80" placement="bottom start">
        <Dialog aria-label={t('Saved filters')} className="p-3 outline-none">
          {({ close }) => (
            <Suspense fallback={<p role="status">{t('Loading {what}…', { what: t('Saved filters') })}</p>}>
              <SavedFilterList userId={session.userId} filter={filter} onLeave={close} />
            </Suspense>
          )}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
