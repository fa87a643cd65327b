/** What a manager sets for the whole fleet, each on a page of its own. */
import { Link } from '@tanstack/react-router';
import { useMay } from '@/features/session/session';
import { t } from '@/shared/language/language';

export function FleetLinks() {
  const [people, devices] = [useMay('manage people'), useMay('manage devices')];
  if (!people && !devices) return null;
  return (
    <section aria-labelledby="fleet" className="card mb-5 max-w-lg px-5 py-4">
      <h2 id="fleet" className="font-semibold">
        {t('For the whole fleet')}
      </h2>
      <ul className="mt-1 flex flex-wrap gap-x-6">
        {people && (
          <li>
            <Link to="/settings/people" className="link inline-flex min-h-11 min-w-11 items-center">
              {t('People')}
            </Link>
          </li>
        )}
        {devices && (
          <li>
            <Link to="/settings/devices" className="link inline-flex min-h-11 min-w-11 items-center">
              {t('Devices')}
            </Link>
          </li>
        )}
      </ul>
    </section>
  );
}
