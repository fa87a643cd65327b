/** Settings with a page of their own: one's own ways in, and what a manager sets for the whole fleet. */
import { Link } from '@tanstack/react-router';
import { useMay } from '@/features/session/session';
import { t } from '@/shared/language/language';

export function SettingsLinks() {
  const links = [
    { to: '/settings/security', label: t('Sign-in and security'), isOffered: true },
    { to: '/settings/people', label: t('People'), isOffered: useMay('manage people') },
    { to: '/settings/devices', label: t('Devices'), isOffered: useMay('manage devices') },
    { to: '/settings/rules', label: t('Rules'), isOffered: useMay('change the rules') },
    { to: '/settings/notifications', label: t('Notifications'), isOffered: useMay('change the rules') },
  ] as const;
  const offered = links.filter(({ isOffered }) => isOffered);
  return (
    <section aria-labelledby="more" className="card mb-5 max-w-lg px-5 py-4">
      <h2 id="more" className="font-semibold">
        {t('More settings')}
      </h2>
      <ul className="mt-1 flex flex-wrap gap-x-6">
        {offered.map(({ to, label }) => (
          <li key={to}>
            <Link to={to} className="link inline-flex min-h-11 min-w-11 items-center">
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
