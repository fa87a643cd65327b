/** One driver: the score with its interval, what it comes from, how it moved, and the alerts. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, type ReactNode } from 'react';
import { LiveAlerts } from '@/features/alerts/LiveAlerts';
import { measured } from '@/features/vehicles/vehicle';
import { t } from '@/shared/language/language';
import { figure } from '@/shared/language/numbers';
import { Loaded } from '@/shared/page/Loaded';
import { Page } from '@/shared/page/Page';
import { BandBadge } from './BandBadge';
import { Contributions } from './Contributions';
import type { DriverScore } from './driver';
import { driverQuery } from './drivers.queries';

const AccessibleChart = lazy(() =>
  import('@/shared/chart/AccessibleChart').then(({ AccessibleChart: component }) => ({ default: component })),
);

const route = getRouteApi('/desk/drivers/$driverId');
const DAY_S = 86_400;

export function DriverPage() {
  const { driverId } = route.useParams();
  const history = useQuery(driverQuery(driverId));
  const filter = useMemo(() => ({ driver: driverId }), [driverId]);
  return (
    <Page
      key={driverId}
      title={driverId}
      heading={t('Driver {driver}', { driver: driverId })}
      crumbs={[{ label: t('Drivers'), to: '/drivers' }]}
    >
      <div className="flex flex-col gap-5">
        <Loaded query={history} what={t('the scores')}>
          {({ items }) => <Scores days={items} driverId={driverId} />}
        </Loaded>
        <section aria-label={t('Alerts')}>
          <h2 className="mb-2 text-lg font-semibold">{t('Alerts')}</h2>
          <LiveAlerts filter={filter} paused={false} />
        </section>
      </div>
    </Page>
  );
}

function Scores({ days, driverId }: { days: readonly DriverScore[]; driverId: string }) {
  const newest = days.at(-1);
  if (!newest) return <p className="text-muted">{t('There is no score for this driver yet.')}</p>;
  return (
    <>
      <Standing driver={newest} />
      <Card title={t('What the score comes from')}>
        <Contributions contributions={newest.contributions} />
      </Card>
      {days.some(({ score }) => score !== null) && (
        <Card title={t('How the score moved')}>
          <Suspense fallback={<p role="status">{t('Loading {what}…', { what: t('the chart') })}</p>}>
            <AccessibleChart
              title={t('Score of {driver} by day', { driver: driverId })}
              times={days.map(({ day }) => Date.parse(day))}
              series={[
                {
                  signal: 'score',
                  label: t('Score'),
                  unit: '',
                  values: days.map(({ score }) => score),
                  range: { lower: days.map(({ lower }) => lower), upper: days.map(({ upper }) => upper) },
                },
              ]}
              stepS={DAY_S}
            />
          </Suspense>
        </Card>
      )}
    </>
  );
}

function Standing({ driver: { score, lower, upper, band, rank, distanceKm } }: { driver: DriverScore }) {
  const distance = t('{distance} in the window', { distance: measured(distanceKm, 'km') });
  if (score === null || band === null || lower === null || upper === null)
    return <p>{t('Not enough distance yet for a score: {distance}.', { distance })}</p>;
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <span className="figures text-3xl font-semibold">{Math.round(score)}</span>
      <BandBadge band={band} />
      <span className="text-muted">
        {t('The true score lies between {low} and {high}, nine times out of ten.', { low: figure(lower), high: figure(upper) })}
      </span>
      <span className="text-muted">
        {rank !== null && `${t('Rank {rank}', { rank })}, `}
        {distance}
      </span>
    </p>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="card min-w-0 px-5 py-4">
      <h2 className="mb-3 text-lg font-semibold">{title}</h2>
      {children}
    </section>
  );
}
