/** The newest value of every signal that the vehicle sends. */
import { t } from '@/shared/language/language';
import type { VehicleDetail } from '@/api';
import { measured } from './vehicle';

const OF_NO_USE_HERE = new Set(['latitude_deg', 'longitude_deg', 'ignition_on']);

export function Readings({ vehicle }: { vehicle: VehicleDetail }) {
  const sent = vehicle.readings.filter(({ signal, value }) => value !== null && !OF_NO_USE_HERE.has(signal));
  if (sent.length === 0) return <p className="text-muted">{t('Nothing was sent so far.')}</p>;
  return (
    <dl className="figures text-sm">
      {sent.map(({ signal, label, value, unit }) => (
        <div key={signal} className="flex justify-between gap-4 border-b border-line py-1.5 last:border-b-0">
          <dt className="text-muted">{t(label)}</dt>
          <dd className="font-semibold whitespace-nowrap">{measured(value, unit)}</dd>
        </div>
      ))}
      <Place lat={vehicle.lat} lon={vehicle.lon} />
    </dl>
  );
}

function Place({ lat, lon }: { lat: number | null; lon: number | null }) {
  if (lat === null || lon === null) return null;
  return (
    <div className="flex justify-between gap-4 py-1.5">
      <dt className="text-muted">{t('Position')}</dt>
      <dd className="font-semibold">
        {lat.toFixed(4)}°, {lon.toFixed(4)}°
      </dd>
    </div>
  );
}
