/** One alert: what happened, why we think so, what to do, and what was done. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, type ReactNode } from 'react';
import { useMay } from '@/features/session/session';
import { t } from '@/shared/language/language';
import { useLiveListener } from '@/shared/live/LiveProvider';
import { Failed, Waiting } from '@/shared/page/Notice';
import { Page } from '@/shared/page/Page';
import { SeverityBadge } from '@/shared/severity/SeverityBadge';
import { Exact } from '@/shared/time/Ago';
import { duration } from '@/shared/time/format';
import { AcknowledgeButton } from './AcknowledgeButton';
import { TYPE_WORDS, type Alert, type AlertDetail } from './alert';
import { AlertDeeds } from './AlertDeeds';
import { AlertHistory } from './AlertHistory';
import { AlertSignals } from './AlertSignals';
import { alertQuery } from './alerts.queries';
import { EvidenceList } from './EvidenceList';
import { GUIDANCE } from './guidance';
import { RelatedAlerts } from './RelatedAlerts';
import { SnoozeButton } from './SnoozeButton';
import { StateLine } from './StateLine';

const route = getRouteApi('/desk/alerts/$alertId');

export function AlertPage() {
  const { alertId } = route.useParams();
  const alert = useQuery(alertQuery(alertId));
  useFreshAlert(alertId);
  if (alert.isPending) return <Waiting what={t('the alert')} />;
  if (alert.isError) {
    return (
      <Page title={t('Alert')} crumbs={[{ label: t('Alerts'), to: '/alerts' }]}>
        <Failed what={t('this alert')} error={alert.error} onRetry={() => void alert.refetch()} />
      </Page>
    );
  }
  return <AlertView key={alertId} alert={alert.data} />;
}

/** Fetches the alert again when the live stream says that it changed. */
function useFreshAlert(id: string): void {
  const queries = useQueryClient();
  const listener = useMemo(() => {
    const refresh = () => void queries.invalidateQueries({ queryKey: alertQuery(id).queryKey });
    return { onAnomaly: (changed: Alert) => changed.id === id && refresh(), onReset: refresh };
  }, [queries, id]);
  useLiveListener(listener);
}

function AlertView({ alert }: { alert: AlertDetail }) {
  const title = `${t(TYPE_WORDS[alert.type])}, ${alert.vehicleId}`;
  const guidance = GUIDANCE[alert.type];
  const [mayAcknowledge, mayWork] = [useMay('acknowledge alerts'), useMay('work on alerts')];
  const nothingMore = () => undefined;
  return (
    <Page
      title={title}
      crumbs={[{ label: t('Alerts'), to: '/alerts' }]}
      aside={
        <div className="flex flex-wrap justify-end gap-2">
          {mayAcknowledge && <SnoozeButton alert={alert} />}
          <AcknowledgeButton alert={alert} allowed={mayAcknowledge} onChanged={nothingMore} />
        </div>
      }
    >
      <div className="-mt-3 mb-5 flex flex-wrap items-center gap-x-3 gap-y-1">
        <SeverityBadge severity={alert.severity} />
        <StateLine alert={alert} />
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem] lg:grid-rows-[auto_auto_auto_1fr]">
        <Section title={t('What happened')}>
          <p className="max-w-prose">{t(guidance.meaning)}</p>
          <Facts alert={alert} />
        </Section>
        <Section title={t('What to do')}>
          <ol className="flex list-decimal flex-col gap-2.5 ps-5">
            {guidance.steps.map((step) => (
              <li key={step}>{t(step)}</li>
            ))}
          </ol>
        </Section>
        <Section title={t('Why we think so')} place="lg:col-start-1">
          <EvidenceList evidence={alert.evidence} />
          <p className="mt-5 text-sm text-muted">
            {t('Confidence {percent} %, judged by model {model}.', {
              percent: Math.round(alert.confidence * 100),
              model: alert.modelVersion,
            })}
          </p>
        </Section>
        <Section title={t('Signals around the alert')} place="lg:col-start-1">
          <AlertSignals alert={alert} />
        </Section>
        <Section title={t('Related alerts')} place="lg:col-start-1">
          <RelatedAlerts alert={alert} />
        </Section>
        <div className="flex min-w-0 flex-col gap-5 lg:col-start-2 lg:row-span-3 lg:row-start-2">
          {mayWork && (
            <Section title={t('Deal with it')}>
              <AlertDeeds alert={alert} />
            </Section>
          )}
          <Section title={t('History')}>
            <AlertHistory history={alert.history} />
          </Section>
        </div>
      </div>
    </Page>
  );
}

function Section({ title, place = '', children }: { title: string; place?: string; children: ReactNode }) {
  return (
    <section aria-label={title} className={`card min-w-0 px-5 py-4 ${place}`}>
      <h2 className="mb-3 text-lg font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Facts({ alert }: { alert: Alert }) {
  return (
    <dl className="mt-4 grid gap-x-6 gap-y-3 text-sm sm:grid-cols-2">
      <Fact name={t('Vehicle')}>
        <Link
          to="/vehicles/$vehicleId"
          params={{ vehicleId: alert.vehicleId }}
          aria-label={t('Open vehicle {vehicle}', { vehicle: alert.vehicleId })}
          className="link -my-2.5 inline-flex min-h-11 min-w-11 items-center font-semibold"
        >
          {alert.vehicleId}
        </Link>
      </Fact>
      <Fact name={t('Driver')}>{alert.driverId ?? t('Not known')}</Fact>
      <Fact name={t('Began')}>
        <Exact at={alert.startedAt} />
      </Fact>
      <Fact name={t('Ended')}>
        {alert.endedAt ? (
          <>
            <Exact at={alert.endedAt} />
            {t(', after {time}', { time: duration(alert.timestamp, alert.endedAt) })}
          </>
        ) : (
          t('Not yet')
        )}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-muted">{name}</dt>
      <dd className="figures font-semibold">{children}</dd>
    </div>
  );
}
