/** The time the dashboard looks back over; part of the address. */
export const PERIODS = ['day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

export interface DashboardView {
  period?: Period;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const PERIOD_MS: Record<Period, number> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };
export const PERIOD_WORDS: Record<Period, string> = {
  day: 'The last 24 hours',
  week: 'The last 7 days',
  month: 'The last 30 days',
};

export function dashboardView(search: Record<string, unknown>): DashboardView {
  const period = PERIODS.find((one) => one === search.period);
  return period && period !== 'day' ? { period } : {};
}

/** How finely alerts are counted over the period. */
export function bucketOf(period: Period): { name: 'hour' | 'day'; ms: number } {
  return period === 'month' ? { name: 'day', ms: DAY_MS } : { name: 'hour', ms: HOUR_MS };
}
