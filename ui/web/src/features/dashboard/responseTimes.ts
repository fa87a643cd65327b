/** How long alerts waited until somebody acknowledged them. */
import type { Anomaly } from '@/api';

const MINUTE_S = 60;
const HOUR_S = 3600;

/** Upper ends in seconds with the words of each class. */
export const CLASSES: readonly (readonly [below: number, words: string])[] = [
  [MINUTE_S, 'under 1 min'],
  [5 * MINUTE_S, '1 to 5 min'],
  [15 * MINUTE_S, '5 to 15 min'],
  [HOUR_S, '15 to 60 min'],
  [4 * HOUR_S, '1 to 4 h'],
  [24 * HOUR_S, '4 to 24 h'],
  [Infinity, 'over 24 h'],
];

export interface ResponseTimes {
  counts: number[];
  /** Seconds; undefined while nothing was acknowledged. */
  median: number | undefined;
  waiting: number;
}

export function responseTimes(alerts: readonly Pick<Anomaly, 'startedAt' | 'acknowledgedAt' | 'state'>[]): ResponseTimes {
  const seconds = alerts
    .flatMap(({ startedAt, acknowledgedAt }) =>
      acknowledgedAt ? [(Date.parse(acknowledgedAt) - Date.parse(startedAt)) / 1000] : [],
    )
    .sort((a, b) => a - b);
  const counts = CLASSES.map(([below], index) => {
    const from = CLASSES[index - 1]?.[0] ?? -Infinity;
    return seconds.filter((waited) => waited >= from && waited < below).length;
  });
  return { counts, median: median(seconds), waiting: alerts.filter(({ state }) => state === 'OPEN').length };
}

function median(sorted: readonly number[]): number | undefined {
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
