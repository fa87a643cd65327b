/** Alerts in words. */
import { counted, inSentence, t } from '@/shared/language/language';
import type { AlertState, AlertType, Anomaly, AnomalyDetail, DismissalReason, EvidenceItem, HistoryItem } from '@/api';

export type Alert = Anomaly;
export type AlertDetail = AnomalyDetail;
export type { AlertState, AlertType, DismissalReason, EvidenceItem as Evidence, HistoryItem };

export const TYPE_WORDS: Record<AlertType, string> = {
  HARSH_BRAKING: 'Harsh braking',
  HARSH_ACCELERATION: 'Harsh acceleration',
  HARSH_CORNERING: 'Harsh cornering',
  SPEEDING: 'Speeding',
  FATIGUE: 'Fatigue',
  AGGRESSIVE_DRIVING: 'Aggressive driving',
  FUEL_THEFT: 'Fuel theft',
  FUEL_LEAK: 'Fuel leak',
  ENGINE_OVERHEAT: 'Engine overheating',
  MISFIRE: 'Engine misfire',
  LOW_OIL_PRESSURE: 'Low oil pressure',
  BATTERY_FAILURE: 'Battery failing',
  SENSOR_FAULT: 'Sensor fault',
  COMPONENT_FAILURE_RISK: 'Component failure risk',
};

export const STATE_WORDS: Record<AlertState, string> = {
  OPEN: 'Open',
  ACKNOWLEDGED: 'Acknowledged',
  IN_PROGRESS: 'In progress',
  RESOLVED: 'Resolved',
  CLOSED: 'Closed',
  DISMISSED: 'Dismissed',
};

export const REASON_WORDS: Record<DismissalReason, string> = {
  FALSE_ALARM: 'Nothing happened',
  NORMAL_USE: 'Normal use of this vehicle',
  FAULTY_SENSOR: 'A sensor is wrong',
  PLANNED_WORK: 'Planned, such as workshop work',
  DUPLICATE: 'Same as another alert',
};

export const LIVE_STATES = ['OPEN', 'ACKNOWLEDGED', 'IN_PROGRESS'] as const satisfies readonly AlertState[];

export function isLive(state: AlertState): boolean {
  return LIVE_STATES.some((live) => live === state);
}

/** Put off by somebody, at a moment in epoch milliseconds. */
export function isAsleep({ snoozedUntil }: Pick<Alert, 'snoozedUntil'>, now = Date.now()): boolean {
  return snoozedUntil !== null && Date.parse(snoozedUntil) > now;
}

/** "harsh braking, VH-456": how links and announcements name an alert. */
export function nameOf({ type, vehicleId }: Pick<Alert, 'type' | 'vehicleId'>): string {
  return `${inSentence(t(TYPE_WORDS[type]))}, ${vehicleId}`;
}

/** The reason that weighs most, or the first where none is weighed. */
export function mainReason(evidence: readonly EvidenceItem[]): EvidenceItem | undefined {
  return evidence.reduce<EvidenceItem | undefined>(
    (best, item) => (best === undefined || (item.contribution ?? 0) > (best.contribution ?? 0) ? item : best),
    undefined,
  );
}

/** "3 new alerts, 1 of them critical". */
export function countInWords(alerts: readonly Pick<Alert, 'severity'>[]): string {
  const critical = alerts.filter(({ severity }) => severity === 'CRITICAL').length;
  const all = counted(alerts.length, '{count} new alert', '{count} new alerts');
  return critical > 0 ? `${all}, ${t('{count} critical', { count: critical })}` : all;
}
