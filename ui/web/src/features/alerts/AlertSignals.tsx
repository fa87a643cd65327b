/** The involved signals before, during and after an alert. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { telemetryQuery } from '@/features/vehicles/vehicles.queries';
import { t } from '@/shared/language/language';
import { Failed } from '@/shared/page/Notice';
import { seriesInReaderUnits } from '@/shared/reader/units';
import type { Alert } from './alert';
import { GUIDANCE } from './guidance';

const AccessibleChart = lazy(() =>
  import('@/shared/chart/AccessibleChart').then(({ AccessibleChart: component }) => ({ default: component })),
);

const MARGIN_MS = 60_000;
const LONGEST_MS = 6 * 3_600_000;
const POINTS = 180;

export function AlertSignals({ alert }: { alert: Alert }) {
  const [lookedAt] = useState(Date.now);
  const ended = endOf(alert, lookedAt);
  const { from, to } = spanOf(alert, ended);
  const telemetry = useQuery(telemetryQuery({ vehicleId: alert.vehicleId, from, to, signals: signalsOf(alert), points: POINTS }));
  if (telemetry.isError)
    return <Failed what={t('the signals')} error={telemetry.error} onRetry={() => void telemetry.refetch()} />;
  if (telemetry.isPending) return <Drawing />;
  const { times, series, bucketS } = telemetry.data;
  return (
    <Suspense fallback={<Drawing />}>
      <AccessibleChart
        title={t('Signals of {vehicle} around the alert', { vehicle: alert.vehicleId })}
        times={times}
        series={series.map(seriesInReaderUnits)}
        stepS={bucketS}
        band={{ from: Date.parse(alert.timestamp), to: ended, label: t('The alert') }}
      />
    </Suspense>
  );
}

function Drawing() {
  return (
    <p role="status" className="grid h-48 place-items-center text-muted">
      {t('Loading {what}…', { what: t('the signals') })}
    </p>
  );
}

/** A condition that still holds has no end yet: it lasts until the reader looked. */
function endOf(alert: Alert, lookedAt: number): number {
  const known = Date.parse(alert.endedAt ?? alert.lastSeen);
  return Math.max(Date.parse(alert.timestamp), alert.active ? Math.max(known, lookedAt) : known);
}

/** Some time around the newest episode: at least a minute, more for long ones. */
function spanOf(alert: Alert, ended: number): { from: string; to: string } {
  const began = Date.parse(alert.timestamp);
  const margin = Math.max(MARGIN_MS, (ended - began) * 0.25);
  const from = Math.max(began - margin, ended - LONGEST_MS);
  return { from: new Date(from).toISOString(), to: new Date(ended + margin).toISOString() };
}

/** Signals named by the evidence first, then those that help to read them. */
function signalsOf(alert: Alert): string[] {
  const known = new Set(Object.values(GUIDANCE).flatMap(({ signals }) => signals));
  const named = alert.evidence.map(({ signal }) => signal).filter((signal) => known.has(signal));
  return [...new Set([...named, ...GUIDANCE[alert.type].signals])].slice(0, 4);
}
