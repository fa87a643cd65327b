/** Sign in: one short form with help, and errors in words. */
import { t } from '@/shared/language/language';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Emblem } from '@/shared/page/Emblem';
import { useHeadingFocus } from '@/shared/page/useHeadingFocus';
import { ProviderSignIn } from './ProviderSignIn';
import { SignInForm } from './SignInForm';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { next } = route.useSearch();
  const navigate = useNavigate();
  const heading = useHeadingFocus();
  useEffect(() => {
    document.title = `${t('Sign in')} – FleetGuard`;
  }, []);

  return (
    <main className="grid min-h-dvh grid-rows-[auto_1fr] bg-canvas lg:grid-cols-[minmax(20rem,5fr)_7fr] lg:grid-rows-1">
      <Welcome />
      <div className="flex items-start justify-center px-5 py-10 lg:items-center">
        <div className="w-full max-w-sm">
          <h1 ref={heading} tabIndex={-1} className="text-2xl font-semibold">
            {t('Sign in')}
          </h1>
          <p className="mt-1 text-muted">{t('Use the email and password that your administrator gave you.')}</p>
          <ProviderSignIn next={next} />
          <SignInForm onDone={() => void navigate({ href: next ?? '/alerts', replace: true })} />
          <p className="mt-7 text-sm text-muted">
            {t('Cannot sign in? Ask your FleetGuard administrator to set a new password.')}
          </p>
        </div>
      </div>
    </main>
  );
}

function Welcome() {
  return (
    <div className="flex flex-col justify-between gap-6 bg-rail px-6 py-6 text-rail-ink lg:p-12">
      <p className="flex items-center gap-3 text-lg font-semibold">
        <Emblem className="size-8" /> FleetGuard
      </p>
      <div className="max-w-md max-lg:hidden">
        <Trace />
        <p className="mt-8 text-3xl font-semibold tracking-tight text-balance">{t('Know what needs you, and why.')}</p>
        <p className="mt-4 text-rail-muted">
          {t('Live alerts from every vehicle, each with the readings behind it and the next step to take.')}
        </p>
      </div>
      <p className="text-sm text-rail-muted max-lg:hidden">{t('Times are shown in your own time zone.')}</p>
    </div>
  );
}

/** Decoration: a quiet signal with the one moment that matters. */
function Trace() {
  return (
    <svg viewBox="0 0 420 130" className="w-full" fill="none" aria-hidden="true" focusable="false">
      <g stroke="#22345c">
        <path d="M0 20.5h420M0 65.5h420M0 110.5h420" />
      </g>
      <path
        d="M0 82c18-6 26-20 44-18s20 16 38 14 24-22 42-20 18 18 36 16 22-14 38-12c14 2 12-6 20-6 10 0 10-44 22-44s10 62 24 62 14-10 30-12 20-18 38-14 20 12 36 10 28-14 52-10"
        stroke="#6ea8ff"
        strokeWidth="2.5"
        strokeLinecap="round"
      />
      <circle cx="240" cy="12" r="10" fill="#ffd166" fillOpacity="0.22" />
      <circle cx="240" cy="12" r="5" fill="#ffd166" />
    </svg>
  );
}
