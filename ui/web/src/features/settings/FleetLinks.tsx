/** What a manager sets for the whole fleet, each on a page of its own. */
import { Link } from '@tanstack/react-router';
import { useMay } from '@/features/session/session';
import { t } from '@/shared/language/language';

export function FleetLinks() {
  const links = [
    { to: '/settings/people', label: t('People'), isOffered: useMay('manage people') },
    { to: '/settings/devices', label: t('Devices'), isOffered: useMay('manage devices') },
    { to: '/settings/rules', label: t('Rules'), isOffered: useMay('change the rules') },
  ] as const;
  const offered = links.filter(({ isOffered }) => isOffered);
  if (offered.length === 0) return null;
  return (
    <section aria-labelledby="fleet" className="card mb-5 max-w-lg px-5 py-4">
      <h2 id="fleet" className="font-semibold">
        {t('For the whole fleet')}
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
