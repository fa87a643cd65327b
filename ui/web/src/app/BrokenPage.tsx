/** A page that could not be shown: what happened, and two ways on. */
import { t } from '@/shared/language/language';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import { inWords } from '@/shared/problem';

export function BrokenPage({ error }: ErrorComponentProps) {
  const router = useRouter();
  useEffect(() => {
    document.title = `${t('Something went wrong')} – FleetGuard`;
  }, []);
  return (
    <main className="mx-auto max-w-xl px-5 py-16">
      <h1 className="text-2xl font-semibold">{t('This page could not be shown')}</h1>
      <p role="alert" className="mt-3 text-muted">
        {inWords(error)}
      </p>
      <div className="mt-6 flex flex-wrap gap-3">
        <Button className="button" data-primary onPress={() => void router.invalidate()}>
          {t('Try again')}
        </Button>
        <a className="button" href="/alerts">
          {t('Go to the alerts')}
        </a>
      </div>
    </main>
  );
}
