/** How many alerts a vehicle has, in words. What somebody snoozed is told apart: the list of alerts leaves it out too. */
import type { Vehicle } from '@/api';
import { counted, t } from '@/shared/language/language';

type Counts = Pick<Vehicle, 'liveAlerts' | 'snoozedAlerts'>;

/** "3 live alerts, 1 snoozed". */
export function alertsInWords({ liveAlerts, snoozedAlerts }: Counts): string {
  const live = liveAlerts === 0 ? t('No live alert') : counted(liveAlerts, '{count} live alert', '{count} live alerts');
  return snoozedAlerts > 0 ? `${live}, ${snoozedInWords(snoozedAlerts)}` : live;
}

export function snoozedInWords(count: number): string {
  return t('{count} snoozed', { count });
}
