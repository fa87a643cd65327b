/** The answer of a query in its card: waiting, failed, or what is drawn of the data. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { t } from '@/shared/language/language';
import { Failed } from './Notice';

interface Props<Data> {
  query: UseQueryResult<Data>;
  what: string;
  children: (data: Data) => ReactNode;
}

export function Loaded<Data>({ query, what, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Failed what={what} error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <p role="status" className="grid min-h-24 place-items-center text-muted">
      {t('Loading {what}…', { what })}
    </p>
  );
}
