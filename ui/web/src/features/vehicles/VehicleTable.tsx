/** One row per vehicle; on narrow screens the side facts move under the id. */
import { t } from '@/shared/language/language';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import type { Vehicle } from '@/api';
import { Chevron } from '@/shared/controls/Chevron';
import { SeverityBadge } from '@/shared/severity/SeverityBadge';
import { Ago } from '@/shared/time/Ago';
import { snoozedInWords } from './alertCounts';
import { classInWords, measured } from './vehicle';
import type { SortKey, VehicleView } from './vehicleView';

interface Props {
  vehicles: readonly Vehicle[];
  view: VehicleView;
  onSort: (sort: SortKey) => void;
}

export function VehicleTable({ vehicles, view, onSort }: Props) {
  const heading = { view, onSort };
  return (
    <div className="card overflow-hidden">
      <table className="w-full">
        <caption className="sr-only">
          {t('Vehicles with their newest reading and their live alerts. The column headings sort.')}
        </caption>
        <thead className="border-b border-line bg-sunken text-sm">
          <tr>
            <SortHeading {...heading} sort="vehicle" label={t('Vehicle')} />
            <SortHeading {...heading} sort="alerts" label={t('Live alerts')} />
            <SortHeading {...heading} sort="seen" label={t('Last seen')} className="max-sm:hidden" />
            <SortHeading {...heading} sort="speed" label={t('Speed')} className="text-end max-md:hidden" />
            <SortHeading {...heading} sort="fuel" label={t('Fuel')} className="text-end max-md:hidden" />
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {vehicles.map((vehicle) => (
            <VehicleRow key={vehicle.vehicleId} vehicle={vehicle} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function VehicleRow({ vehicle }: { vehicle: Vehicle }) {
  const seen = vehicle.lastSeenAt ? <Ago at={vehicle.lastSeenAt} /> : t('never');
  return (
    <tr className="hover:bg-hover">
      <th scope="row" className="px-3 py-1.5 font-normal sm:px-4">
        <Link
          to="/vehicles/$vehicleId"
          params={{ vehicleId: vehicle.vehicleId }}
          aria-label={t('Open vehicle {vehicle}', { vehicle: vehicle.vehicleId })}
          className="-my-1 inline-flex min-h-11 min-w-11 items-center font-semibold text-link underline decoration-1 underline-offset-4"
        >
          {vehicle.vehicleId}
        </Link>
        <span className="-mt-1.5 block text-sm text-muted">
          {classInWords(vehicle)}
          <span className="sm:hidden">
            . {t('Seen')} {seen}
          </span>
        </span>
      </th>
      <td className="px-3 py-1.5 sm:px-4">
        {vehicle.worstSeverity ? (
          <Alerts count={vehicle.liveAlerts} severity={vehicle.worstSeverity} />
        ) : (
          <span className="text-sm text-muted">{t('None')}</span>
        )}
        {vehicle.snoozedAlerts > 0 && <span className="block text-sm text-muted">{snoozedInWords(vehicle.snoozedAlerts)}</span>}
      </td>
      <td className="px-4 py-1.5 text-sm max-sm:hidden">{seen}</td>
      <td className="px-4 py-1.5 text-end text-sm max-md:hidden">
        <Measured value={vehicle.speed} unit="km/h" />
      </td>
      <td className="px-4 py-1.5 text-end text-sm max-md:hidden">
        <Measured value={vehicle.fuelLevel} unit="%" />
      </td>
    </tr>
  );
}

function Measured({ value, unit }: { value: number | null; unit: string }) {
  return <span className={value === null ? 'text-muted' : ''}>{measured(value, unit)}</span>;
}

function Alerts({ count, severity }: { count: number; severity: NonNullable<Vehicle['worstSeverity']> }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span className="figures min-w-5 font-semibold">{count}</span>
      <SeverityBadge severity={severity} />
    </span>
  );
}

interface HeadingProps extends Pick<Props, 'view' | 'onSort'> {
  sort: SortKey;
  label: ReactNode;
  className?: string;
}

function SortHeading({ view, onSort, sort, label, className = '' }: HeadingProps) {
  const isSorted = (view.sort ?? 'alerts') === sort;
  const falling = view.sort ? view.falling === true : true;
  const order = isSorted ? (falling ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={order} className={`px-1 sm:px-2 ${className}`}>
      <Button
        className="inline-flex min-h-11 min-w-11 cursor-pointer items-center gap-1.5 rounded-md px-2 font-semibold"
        onPress={() => onSort(sort)}
      >
        {label}
        {isSorted && <Chevron className={falling ? 'size-4' : 'size-4 rotate-180'} />}
      </Button>
    </th>
  );
}
