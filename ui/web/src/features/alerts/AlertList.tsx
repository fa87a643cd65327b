/** Alerts as a list of short, scannable rows. What is far from the screen costs the browser no drawing. */
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { t } from '@/shared/language/language';
import { SeverityBadge } from '@/shared/severity/SeverityBadge';
import { Ago } from '@/shared/time/Ago';
import { AcknowledgeButton } from './AcknowledgeButton';
import { mainReason, nameOf, TYPE_WORDS, type Alert } from './alert';
import { StateLine } from './StateLine';
import type { Selection } from './useSelection';

interface Props {
  alerts: readonly Alert[];
  mayAcknowledge: boolean;
  onChanged: (alert: Alert) => void;
  showVehicle?: boolean;
  /** Left out where nothing can be done with several alerts at once. */
  selection?: Selection;
}

/** Stays as it is while nothing in it changes: new alerts that wait do not touch thousands of rows. */
export const AlertList = memo(function AlertList({ alerts, mayAcknowledge, onChanged, showVehicle = true, selection }: Props) {
  return (
    <ul className="card divide-y divide-line overflow-hidden">
      {alerts.map((alert) => (
        <AlertRow
          key={alert.id}
          alert={alert}
          mayAcknowledge={mayAcknowledge}
          onChanged={onChanged}
          showVehicle={showVehicle}
          isSelected={selection?.has(alert.id) ?? false}
          onSelect={selection?.toggle}
        />
      ))}
    </ul>
  );
});

interface RowProps extends Omit<Props, 'alerts' | 'showVehicle' | 'selection'> {
  alert: Alert;
  showVehicle: boolean;
  isSelected: boolean;
  onSelect: Selection['toggle'] | undefined;
}

const EDGE = {
  CRITICAL: 'border-s-critical-mark',
  HIGH: 'border-s-high-mark',
  MEDIUM: 'border-s-medium-mark',
  LOW: 'border-s-low-mark',
};

const AlertRow = memo(function AlertRow({ alert, isSelected, onSelect, ...rest }: RowProps) {
  const shade = isSelected ? 'bg-accent-soft' : 'hover:bg-hover';
  return (
    <li data-alert={alert.id} className={`alert-row flex border-s-4 pe-3 ${EDGE[alert.severity]} ${shade}`}>
      {onSelect && <Tick alert={alert} isSelected={isSelected} onSelect={onSelect} />}
      <div
        className={`grid flex-1 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 py-2.5 sm:grid-cols-[6rem_minmax(0,1fr)_8.5rem] ${onSelect ? '' : 'ps-3 sm:ps-4'}`}
      >
        <AlertOutline alert={alert} {...rest} />
      </div>
    </li>
  );
});

function AlertOutline({ alert, mayAcknowledge, onChanged, showVehicle }: Omit<RowProps, 'isSelected' | 'onSelect'>) {
  const reason = mainReason(alert.evidence);
  return (
    <>
      <div className="max-sm:row-start-1 sm:self-start">
        <SeverityBadge severity={alert.severity} />
      </div>
      <div className="min-w-0 self-start max-sm:col-span-2">
        <div className="flex flex-wrap items-center gap-x-3">
          <h2 className="text-base font-semibold">
            <Link
              to="/alerts/$alertId"
              params={{ alertId: alert.id }}
              aria-label={t('Open alert: {alert}', { alert: nameOf(alert) })}
              className="-my-2.5 inline-flex min-h-11 min-w-11 items-center text-ink decoration-1 underline-offset-4 hover:underline"
            >
              {t(TYPE_WORDS[alert.type])}
            </Link>
          </h2>
          {showVehicle && (
            <Link
              to="/vehicles/$vehicleId"
              params={{ vehicleId: alert.vehicleId }}
              aria-label={t('Open vehicle {vehicle}', { vehicle: alert.vehicleId })}
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
        <AcknowledgeButton alert={alert} allowed={mayAcknowledge} onChanged={onChanged} />
      </div>
    </>
  );
}

interface TickProps {
  alert: Alert;
  isSelected: boolean;
  onSelect: Selection['toggle'];
}

function Tick({ alert, isSelected, onSelect }: TickProps) {
  return (
    <label className="tick">
      <input
        type="checkbox"
        checked={isSelected}
        onChange={() => onSelect(alert.id)}
        aria-label={t('Select alert: {alert}', { alert: nameOf(alert) })}
      />
    </label>
  );
}
