/** The frame around every page: skip link, navigation, live state, account. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { OutboxMenu } from '@/features/alerts/OutboxMenu';
import { AccountMenu } from '@/features/session/AccountMenu';
import { sessionQuery, type Permission } from '@/features/session/session';
import { SignedOutWatch } from '@/features/session/SignedOutWatch';
import { t } from '@/shared/language/language';
import { ConnectionBanner } from '@/shared/live/ConnectionBanner';
import { LiveProvider } from '@/shared/live/LiveProvider';
import { Emblem } from '@/shared/page/Emblem';
import { JudgingNotice } from './JudgingNotice';
import { OfflineNotice } from './OfflineNotice';

export function Shell() {
  return (
    <LiveProvider>
      <SignedOutWatch />
      <a href="#content" className="button sr-only z-50 focus:not-sr-only focus:fixed focus:top-2 focus:start-2 focus:px-4">
        {t('Skip to the content')}
      </a>
      <div className="lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
        <Rail />
        <div className="flex min-h-dvh flex-col">
          <header className="sticky top-0 z-20 flex min-h-14 items-center justify-between gap-3 border-b border-line bg-surface px-4 py-1 sm:px-6">
            <ConnectionBanner />
            <div className="flex items-center gap-1">
              <OutboxMenu />
              <Link to="/settings" className="button" data-quiet aria-label={t('Settings')}>
                <Gear />
              </Link>
              <Link to="/help" className="button font-semibold" data-quiet aria-label={t('? Help')}>
                ?
              </Link>
              <AccountMenu />
            </div>
          </header>
          <OfflineNotice />
          <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 pt-2 pb-12 outline-none sm:px-6">
            <Outlet />
          </main>
          <JudgingNotice />
        </div>
      </div>
    </LiveProvider>
  );
}

const DESTINATIONS = [
  {
    to: '/alerts',
    label: 'Alerts',
    permission: 'read alerts',
    drawing: 'M10 2.5a5 5 0 0 1 5 5c0 4.5 2 5.5 2 6.5H3c0-1 2-2 2-6.5a5 5 0 0 1 5-5zM8 16.5a2 2 0 0 0 4 0',
  },
  {
    to: '/dashboard',
    label: 'Dashboard',
    permission: 'read the fleet',
    drawing: 'M3 17V9h3.5v8zM8.3 17V3h3.5v14zM13.5 17v-6H17v6z',
  },
  {
    to: '/vehicles',
    label: 'Vehicles',
    permission: 'read the fleet',
    drawing:
      'M2 5h10v9H2zM12 8h3.5L18 11v3h-6zM5.5 16.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6zM14.5 16.5a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z',
  },
  {
    to: '/drivers',
    label: 'Drivers',
    permission: 'read driver scores',
    drawing: 'M10 9.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 17.5c.4-4 3.3-5.5 7-5.5s6.6 1.5 7 5.5z',
  },
] as const satisfies readonly { permission: Permission; [part: string]: string }[];

function Rail() {
  const { data: session } = useQuery(sessionQuery);
  return (
    <nav
      aria-label={t('Main')}
      className="rail flex items-center gap-2 bg-rail px-2 text-rail-ink lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:items-stretch lg:px-3 lg:py-4"
    >
      <Link
        to="/alerts"
        className="flex min-h-14 min-w-11 items-center gap-2.5 px-1 font-semibold max-sm:hidden lg:min-h-11 lg:px-2"
      >
        <Emblem />
        <span className="max-md:sr-only">FleetGuard</span>
      </Link>
      <ul className="flex gap-1 max-lg:flex-1 max-sm:justify-between max-sm:gap-0 lg:mt-5 lg:flex-col">
        {DESTINATIONS.filter(({ permission }) => session?.permissions.includes(permission)).map((place) => (
          <Destination key={place.to} {...place} />
        ))}
      </ul>
      <Tenant />
    </nav>
  );
}

function Tenant() {
  const { data: session } = useQuery(sessionQuery);
  if (!session) return null;
  return (
    <p className="mt-auto border-t border-rail-current px-2 pt-3 text-sm text-rail-muted max-lg:hidden">
      {t('Signed in to')}
      <span className="block font-medium text-rail-ink">{session.tenant}</span>
    </p>
  );
}

function Destination({ to, label, drawing }: (typeof DESTINATIONS)[number]) {
  return (
    <li>
      <Link
        to={to}
        className="flex min-h-14 items-center gap-x-3 rounded-lg px-1 text-sm font-medium text-rail-muted hover:text-rail-ink max-sm:flex-col max-sm:justify-center sm:px-3 lg:min-h-11"
        activeProps={{ className: 'bg-rail-current text-rail-ink! font-semibold' }}
        activeOptions={{ includeSearch: false }}
      >
        <svg
          viewBox="0 0 20 20"
          className="size-5 shrink-0 rtl:-scale-x-100"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinejoin="round"
          aria-hidden="true"
          focusable="false"
        >
          <path d={drawing} />
        </svg>
        {t(label)}
      </Link>
    </li>
  );
}

function Gear() {
  return (
    <svg
      viewBox="0 0 20 20"
      className="size-5"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.7"
      aria-hidden="true"
      focusable="false"
    >
      <path d="M3 5.5h8M15 5.5h2M3 14.5h2M9 14.5h8" strokeLinecap="round" />
      <circle cx="13" cy="5.5" r="2" />
      <circle cx="7" cy="14.5" r="2" />
    </svg>
  );
}
