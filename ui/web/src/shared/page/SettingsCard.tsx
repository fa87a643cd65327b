/** A part of the page: its heading, what it is, and what may be done. */
import type { ReactNode } from 'react';
import { WentWrong } from '@/shared/controls/WentWrong';

interface Props {
  title: string;
  about: string;
  aside?: ReactNode;
  /** What went wrong with a deed that was asked for in this part. */
  error?: Error | null;
  children?: ReactNode;
}

export function SettingsCard({ title, about, aside, error = null, children }: Props) {
  return (
    <section aria-label={title} className="card flex flex-col overflow-hidden">
      <div className="flex flex-1 flex-wrap items-start justify-between gap-3 px-5 py-4">
        <div className="max-w-prose">
          <h2 className="font-semibold">{title}</h2>
          <p className="mt-1 text-sm text-muted">{about}</p>
        </div>
        {aside}
      </div>
      {children}
      {error && (
        <div className="px-5 pb-4">
          <WentWrong error={error} />
        </div>
      )}
    </section>
  );
}
