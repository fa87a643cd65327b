/** One vehicle: how it is, what it raised, what it measured, what may fail. */
import { t } from '@/shared/language/language';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Failed, Waiting } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { SeverityBadge } from '@/shared/severity/SeverityBadge';
import { Ago } from '@/shared/time/Ago';
import { alertsInWords, snoozedInWords } from './alertCounts';
import { Description } from './Description';
import { ForecastTable } from './ForecastTable';
import { Readings } from './Readings';
import { classInWords } from './vehicle';
import { VehicleAlerts } from './VehicleAlerts';
import { vehicleQuery } from './vehicles.queries';
import { VehicleSignals } from './VehicleSignals';
import { Workshop } from './Workshop';

const route = getRouteApi('/desk/vehicles/$vehicleId');

export function VehiclePage() {
  const { vehicleId } = route.useParams();
  const vehicle = useQuery(vehicleQuery(vehicleId));
  return (
    <Page
      key={vehicleId}
      title={vehicleId}
      heading={t('Vehicle {vehicle}', { vehicle: vehicleId })}
      crumbs={[{ label: t('Vehicles'), to: '/vehicles' }]}
    >
      {vehicle.isPending && <Waiting what={t('the vehicle')} />}
      {vehicle.isError && !vehicle.data && (
        <Failed what={t('this vehicle')} error={vehicle.error} onRetry={() => void vehicle.refetch()} />
      )}
      {vehicle.data && (
        <>
          <div className="-mt-3 mb-5 flex flex-wrap items-center gap-x-4 gap-y-1 text-muted">
            {vehicle.data.worstSeverity && <SeverityBadge severity={vehicle.data.worstSeverity} />}
            <span>{alertsInWords(vehicle.data)}</span>
            <span>{classInWords(vehicle.data)}</span>
            <span>
              {t('Seen')} {vehicle.data.lastSeenAt ? <Ago at={vehicle.data.lastSeenAt} /> : t('never')}
            </span>
          </div>
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
            <div className="flex min-w-0 flex-col gap-5">
              <Section title={t('What may fail within 72 hours')} card>
                <ForecastTable vehicleId={vehicleId} />
              </Section>
              <Section title={t('Workshop')} card>
                <Workshop vehicleId={vehicleId} />
              </Section>
              <Section title={t('Signals of the last hour')} card>
                <VehicleSignals vehicleId={vehicleId} readings={vehicle.data.readings} />
              </Section>
              <Section title={t('Alerts')}>
                {vehicle.data.snoozedAlerts > 0 && (
                  <Link
                    to="/alerts"
                    search={{ vehicle: vehicleId, state: 'SNOOZED' }}
                    aria-label={t('Show the snoozed alerts of {vehicle}', { vehicle: vehicleId })}
                    className="link mb-2 inline-flex min-h-11 items-center"
                  >
                    {snoozedInWords(vehicle.data.snoozedAlerts)}
                  </Link>
                )}
                <VehicleAlerts vehicleId={vehicleId} />
              </Section>
            </div>
            <div className="flex min-w-0 flex-col gap-5">
              <Section title={t('Description')} card>
                <Description vehicle={vehicle.data} />
              </Section>
              <Section title={t('Newest reading')} card>
                <Readings vehicle={vehicle.data} />
              </Section>
            </div>
          </div>
        </>
      )}
    </Page>
  );
}

function Section({ title, card = false, children }: { title: string; card?: boolean; children: ReactNode }) {
  return (
    <section aria-label={title} className={card ? 'card px-5 py-4' : ''}>
      <h2 className={`text-lg font-semibold ${card ? 'mb-3' : 'mb-2'}`}>{title}</h2>
      {children}
    </section>
  );
}
