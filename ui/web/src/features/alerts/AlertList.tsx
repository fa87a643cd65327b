/** Alerts as a list of short, scannable rows. */
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { SeverityBadge } from '@/shared/severity/SeverityBadge';
import { Ago } from '@/shared/time/Ago';
import { AcknowledgeButton } from './AcknowledgeButton';
import { mainReason, nameOf, TYPE_WORDS, type Alert } from './alert';
import { StateLine } from './StateLine';

interface Props {
  alerts: readonly Alert[];
  mayDealWithAlerts: boolean;
  onChanged: (alert: Alert) => void;
  showVehicle?: boolean;
}

export function AlertList({ alerts, mayDealWithAlerts, onChanged, showVehicle = true }: Props) {
  return (
    <ul className="card divide-y divide-line overflow-hidden">
      {alerts.map((alert) => (
        <AlertRow
          key={alert.id}
          alert={alert}
          mayDealWithAlerts={mayDealWithAlerts}
          onChanged={onChanged}
          showVehicle={showVehicle}
        />
      ))}
    </ul>
  );
}

interface RowProps extends Omit<Props, 'alerts' | 'showVehicle'> {
  alert: Alert;
  showVehicle: boolean;
}

const EDGE = {
  CRITICAL: 'border-l-critical-mark',
  HIGH: 'border-l-high-mark',
  MEDIUM: 'border-l-medium-mark',
  LOW: 'border-l-low-mark',
};

const AlertRow = memo(function AlertRow({ alert, mayDealWithAlerts, onChanged, showVehicle }: RowProps) {
  const reason = mainReason(alert.evidence);
  return (
    <li
      className={`grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 border-l-4 py-2.5 pr-3 pl-3 hover:bg-hover sm:grid-cols-[6rem_minmax(0,1fr)_8.5rem] sm:pl-4 ${EDGE[alert.severity]}`}
    >
      <div className="max-sm:row-start-1 sm:self-start">
        <SeverityBadge severity={alert.severity} />
      </div>
      <div className="min-w-0 self-start max-sm:col-span-2">
        <div className="flex flex-wrap items-center gap-x-3">
          <h2 className="text-base font-semibold">
            <Link
              to="/alerts/$alertId"
              params={{ alertId: alert.id }}
              aria-label={`Open alert: ${nameOf(alert)}`}
              className="-my-2.5 inline-flex min-h-11 min-w-11 items-center text-ink decoration-1 underline-offset-4 hover:underline"
            >
              {TYPE_WORDS[alert.type]}
            </Link>
          </h2>
          {showVehicle && (
            <Link
              to="/vehicles/$vehicleId"
              params={{ vehicleId: alert.vehicleId }}
              aria-label={`Open vehicle ${alert.vehicleId}`}
              className="-my-2.5 inline-flex min-h-11 min-w-11 items-center text-sm font-medium text-link underline decoration-1 underline-offset-4"
            >
              {alert.vehicleId}
            </Link>
          )}
          <span className="text-sm text-muted">
            <Ago at={alert.startedAt} />
          </span>
          <StateLine alert={alert} />
        </div>
        {reason && <p className="mt-1 max-w-prose text-sm">{reason.text}</p>}
      </div>
      <div className="justify-self-end max-sm:col-start-2 max-sm:row-start-1">
        <AcknowledgeButton alert={alert} allowed={mayDealWithAlerts} onChanged={onChanged} />
      </div>
    </li>
  );
});
