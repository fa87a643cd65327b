/** Waiting, nothing here, or something failed: said in words, where the content would be. */
import { t } from '@/shared/language/language';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { inWords } from '@/shared/problem';

export function Waiting({ what }: { what: string }) {
  return (
    <p role="status" className="card px-5 py-8 text-center text-muted">
      {t('Loading {what}…', { what })}
    </p>
  );
}

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="card px-5 py-10 text-center">
      <p className="text-lg font-semibold">{title}</p>
      {children && <div className="mx-auto mt-1 max-w-prose text-muted">{children}</div>}
    </div>
  );
}

export function Failed({ what, error, onRetry }: { what: string; error: unknown; onRetry: () => void }) {
  return (
    <div role="alert" className="card flex flex-col items-center gap-3 px-5 py-8 text-center">
      <p className="text-lg font-semibold">{t('Could not load {what}', { what })}</p>
      <p className="max-w-prose text-muted">{inWords(error)}</p>
      <Button className="button" onPress={onRetry}>
        {t('Try again')}
      </Button>
    </div>
  );
}
