/** The vehicle's most telling signals over the last hour. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import type { SignalReading } from '@/api';
import { t } from '@/shared/language/language';
import { Failed } from '@/shared/page/Notice';
import { seriesInReaderUnits } from '@/shared/reader/units';
import { telemetryQuery } from './vehicles.queries';

const AccessibleChart = lazy(() =>
  import('@/shared/chart/AccessibleChart').then(({ AccessibleChart: component }) => ({ default: component })),
);

const PREFERRED = [
  'speed_kmh',
  'coolant_temp_c',
  'fuel_level_pct',
  'battery_v',
  'oil_pressure_kpa',
  'engine_rpm',
  'fuel_level_l',
];
const SHOWN = 4;
const POINTS = 240;

export function VehicleSignals({ vehicleId, readings }: { vehicleId: string; readings: readonly SignalReading[] }) {
  const sent = new Set(readings.filter(({ value }) => value !== null).map(({ signal }) => signal));
  const signals = PREFERRED.filter((signal) => sent.has(signal)).slice(0, SHOWN);
  const telemetry = useQuery({
    ...telemetryQuery({ vehicleId, signals, points: POINTS }),
    enabled: signals.length > 0,
    refetchInterval: 30_000,
  });
  if (signals.length === 0) return <p className="text-muted">{t('No signal was sent so far.')}</p>;
  if (telemetry.isError && !telemetry.data)
    return <Failed what={t('the signals')} error={telemetry.error} onRetry={() => void telemetry.refetch()} />;
  const drawing = (
    <p role="status" className="grid h-48 place-items-center text-muted">
      {t('Loading {what}…', { what: t('the signals') })}
    </p>
  );
  if (!telemetry.data) return drawing;
  return (
    <Suspense fallback={drawing}>
      <AccessibleChart
        title={t('Signals of {vehicle}', { vehicle: vehicleId })}
        times={telemetry.data.times}
        series={telemetry.data.series.map(seriesInReaderUnits)}
        stepS={telemetry.data.bucketS}
      />
    </Suspense>
  );
}
