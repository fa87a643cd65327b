/** The frame around every page: skip link, navigation, live state, account. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { AccountMenu } from '@/features/session/AccountMenu';
import { sessionQuery } from '@/features/session/session';
import { SignedOutWatch } from '@/features/session/SignedOutWatch';
import { ConnectionBanner } from '@/shared/live/ConnectionBanner';
import { LiveProvider } from '@/shared/live/LiveProvider';
import { Emblem } from '@/shared/page/Emblem';
import { ThemeMenu } from './ThemeMenu';

export function Shell() {
  return (
    <LiveProvider>
      <SignedOutWatch />
      <a href="#content" className="button sr-only z-50 focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:px-4">
        Skip to the content
      </a>
      <div className="lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
        <Rail />
        <div className="flex min-h-dvh flex-col">
          <header className="sticky top-0 z-20 flex min-h-14 items-center justify-between gap-3 border-b border-line bg-surface px-4 py-1 sm:px-6">
            <ConnectionBanner />
            <div className="flex items-center gap-1">
              <ThemeMenu />
              <AccountMenu />
            </div>
          </header>
          <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 pt-2 pb-12 outline-none sm:px-6">
            <Outlet />
          </main>
        </div>
      </div>
    </LiveProvider>
  );
}

function Rail() {
  return (
    <div className="rail flex items-center gap-2 bg-rail px-3 text-rail-ink lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:items-stretch lg:px-3 lg:py-4">
      <Link to="/alerts" className="flex min-h-14 min-w-11 items-center gap-2.5 px-1 font-semibold lg:min-h-11 lg:px-2">
        <Emblem />
        <span className="max-sm:sr-only">FleetGuard</span>
      </Link>
      <nav aria-label="Main" className="lg:mt-5">
        <ul className="flex gap-1 lg:flex-col">
          <Destination to="/alerts" label="Alerts">
            <path d="M10 2.5a5 5 0 0 1 5 5c0 4.5 2 5.5 2 6.5H3c0-1 2-2 2-6.5a5 5 0 0 1 5-5zM8 16.5a2 2 0 0 0 4 0" />
          </Destination>
          <Destination to="/vehicles" label="Vehicles">
            <path d="M2 5h10v9H2zM12 8h3.5L18 11v3h-6zM5.5 16.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM14.5 16.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z" />
          </Destination>
        </ul>
      </nav>
      <Tenant />
    </div>
  );
}

function Tenant() {
  const { data: session } = useQuery(sessionQuery);
  if (!session) return null;
  return (
    <p className="mt-auto border-t border-rail-current px-2 pt-3 text-sm text-rail-muted max-lg:hidden">
      Signed in to
      <span className="block font-medium text-rail-ink">{session.tenant}</span>
    </p>
  );
}

function Destination({ to, label, children }: { to: '/alerts' | '/vehicles'; label: string; children: ReactNode }) {
  return (
    <li>
      <Link
        to={to}
        className="flex min-h-11 items-center gap-3 rounded-lg px-3 text-sm font-medium text-rail-muted hover:text-rail-ink"
        activeProps={{ className: 'bg-rail-current text-rail-ink! font-semibold' }}
        activeOptions={{ includeSearch: false }}
      >
        <svg
          viewBox="0 0 20 20"
          className="size-5 shrink-0 max-[22rem]:hidden"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinejoin="round"
          aria-hidden="true"
          focusable="false"
        >
          {children}
        </svg>
        {label}
      </Link>
    </li>
  );
}
