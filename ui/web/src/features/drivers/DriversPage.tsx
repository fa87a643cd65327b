/** Drivers by score, with how sure each score is; who drove too little has none. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { SearchBox } from '@/shared/controls/SearchBox';
import { RangeBar } from '@/shared/chart/RangeBar';
import { measured } from '@/features/vehicles/vehicle';
import { counted, t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { Nothing } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { BandBadge } from './BandBadge';
import { behaviourInWords, type DriverScore } from './driver';
import { rankingQuery, type Ranking } from './drivers.queries';

export function DriversPage() {
  const ranking = useQuery(rankingQuery);
  return (
    <Page title={t('Drivers')}>
      <Loaded query={ranking} what={t('the drivers')}>
        {(data) => <Drivers ranking={data} />}
      </Loaded>
    </Page>
  );
}

function Drivers({ ranking: { drivers, rules } }: { ranking: Ranking }) {
  const [typed, setTyped] = useState('');
  const asked = useDeferredValue(typed.trim().toLowerCase());
  const found = drivers.filter(({ driverId }) => driverId.toLowerCase().includes(asked));
  if (drivers.length === 0)
    return <Nothing title={t('No drivers yet')}>{t('A driver appears here after the first day with a driver id.')}</Nothing>;
  return (
    <>
      <p className="mb-4 max-w-prose text-muted">
        {t(
          'Scores of the last {days} days, 0 to 100, the best first. The bar shows where the true score lies nine times out of ten. A driver of less than {km} km has none.',
          { days: rules.windowDays, km: rules.leastKm },
        )}
      </p>
      <div className="mb-3 max-w-sm">
        <SearchBox label={t('Search the drivers')} placeholder={t('Driver id')} value={typed} onChange={setTyped} />
      </div>
      <p role="status" className="figures mb-2 text-sm text-muted">
        {counted(found.length, '{count} driver', '{count} drivers')}
      </p>
      {found.length > 0 ? <DriverTable drivers={found} /> : <Nothing title={t('No driver matches this search')} />}
    </>
  );
}

function DriverTable({ drivers }: { drivers: readonly DriverScore[] }) {
  return (
    <div className="card overflow-hidden">
      <table className="w-full">
        <caption className="sr-only">{t('Drivers by score, the best first')}</caption>
        <thead className="border-b border-line bg-sunken text-sm">
          <tr>
            <th scope="col" className="px-3 py-2.5 font-semibold sm:px-4">
              {t('Driver')}
            </th>
            <th scope="col" className="px-3 py-2.5 font-semibold">
              {t('Score')}
            </th>
            <th scope="col" className="px-3 py-2.5 font-semibold max-md:hidden">
              {t('What costs most')}
            </th>
            <th scope="col" className="px-4 py-2.5 text-end font-semibold max-sm:hidden">
              {t('Distance')}
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {drivers.map((driver) => (
            <DriverRow key={driver.driverId} driver={driver} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DriverRow({ driver }: { driver: DriverScore }) {
  const worst = driver.contributions.toSorted((a, b) => b.lost - a.lost)[0];
  return (
    <tr className="hover:bg-hover">
      <th scope="row" className="px-3 py-1.5 font-normal sm:px-4">
        <Link
          to="/drivers/$driverId"
          params={{ driverId: driver.driverId }}
          aria-label={t('Open driver {driver}', { driver: driver.driverId })}
          className="inline-flex min-h-11 min-w-11 items-center font-semibold text-link underline decoration-1 underline-offset-4"
        >
          {driver.driverId}
        </Link>
        {driver.rank !== null && <span className="block text-sm text-muted">{t('Rank {rank}', { rank: driver.rank })}</span>}
      </th>
      <td className="px-3 py-1.5">
        <Score driver={driver} />
      </td>
      <td className="px-3 py-1.5 text-sm max-md:hidden">
        {worst && worst.lost >= 0.5 ? (
          t('{behaviour}, {points} points', { behaviour: t(behaviourInWords(worst.behaviour)), points: figure(worst.lost) })
        ) : (
          <span className="text-muted">{driver.score === null ? t('Not known') : t('Nothing much')}</span>
        )}
      </td>
      <td className="px-4 py-1.5 text-end text-sm max-sm:hidden">{measured(driver.distanceKm, 'km')}</td>
    </tr>
  );
}

function Score({ driver: { score, lower, upper, band } }: { driver: DriverScore }) {
  if (score === null || band === null) return <span className="text-sm text-muted">{t('Not enough distance yet')}</span>;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span className="figures w-8 text-lg font-semibold">{Math.round(score)}</span>
      <BandBadge band={band} />
      {lower !== null && upper !== null && <RangeBar value={score} lower={lower} upper={upper} most={100} />}
    </div>
  );
}
