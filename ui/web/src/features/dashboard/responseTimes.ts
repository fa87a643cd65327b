/** How long alerts waited until somebody acknowledged them, in words. */
import type { ResponseTimes } from '@/api';
import { counted, t } from '@/shared/language/language';
import { duration } from '@/shared/time/format';

type ResponseClass = ResponseTimes['classes'][number];

/** `1 to 5 min`, as the server divides; open at both ends. */
export function classInWords({ fromS, belowS }: ResponseClass): string {
  if (belowS === null) return t('over {time}', { time: duration(0, fromS * 1000) });
  if (fromS === 0) return t('under {time}', { time: duration(0, belowS * 1000) });
  return t('{from} to {to}', { from: duration(0, fromS * 1000), to: duration(0, belowS * 1000) });
}

export function responsesInWords({ medianS, waiting, snoozed }: Pick<ResponseTimes, 'medianS' | 'waiting' | 'snoozed'>): string {
  const half =
    medianS === null
      ? t('Nothing was acknowledged in this time.')
      : t('Half of the acknowledged alerts were taken within {time}.', { time: duration(0, medianS * 1000) });
  const waits = counted(waiting, 'One still waits.', '{count} still wait.');
  return snoozed > 0 ? `${half} ${waits} ${counted(snoozed, 'One is snoozed.', '{count} are snoozed.')}` : `${half} ${waits}`;
}
