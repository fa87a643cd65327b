/** What every page has: a title, a breadcrumb, one heading that takes the focus after navigation. */
import { t } from '@/shared/language/language';
import { Link, type LinkProps } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { useHeadingFocus } from './useHeadingFocus';

export interface Crumb {
  label: string;
  to: LinkProps['to'];
}

interface Props {
  title: string;
  heading?: ReactNode;
  crumbs?: readonly Crumb[];
  aside?: ReactNode;
  children: ReactNode;
}

export function Page({ title, heading, crumbs = [], aside, children }: Props) {
  const headingRef = useHeadingFocus();
  useEffect(() => {
    document.title = `${title} – FleetGuard`;
  }, [title]);
  return (
    <>
      <Breadcrumb crumbs={crumbs} here={title} />
      <div className="mt-1 mb-5 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 ref={headingRef} tabIndex={-1} className="text-2xl font-semibold">
          {heading ?? title}
        </h1>
        {aside}
      </div>
      {children}
    </>
  );
}

function Breadcrumb({ crumbs, here }: { crumbs: readonly Crumb[]; here: string }) {
  return (
    <nav aria-label={t('Breadcrumb')}>
      <ol className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
        {crumbs.map(({ label, to }) => (
          <li key={label} className="flex items-center gap-2">
            <Link to={to} className="inline-flex min-h-11 min-w-11 items-center text-link underline underline-offset-3">
              {label}
            </Link>
            <span aria-hidden="true">/</span>
          </li>
        ))}
        <li aria-current="page" className="inline-flex min-h-11 items-center">
          {here}
        </li>
      </ol>
    </nav>
  );
}
