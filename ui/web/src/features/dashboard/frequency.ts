/** Alerts per hour or day as lines. A bucket without an alert counts none: that is known, not missing. */
import type { Trends } from '@/api';
import type { ChartSeries } from '@/shared/chart/chart';
import { t } from '@/shared/language/language';

export interface Frequency {
  times: number[];
  series: ChartSeries[];
}

export function frequencyOf({ from, to, items }: Pick<Trends, 'from' | 'to' | 'items'>, bucketMs: number): Frequency {
  const first = Math.floor(Date.parse(from) / bucketMs) * bucketMs;
  const length = Math.max(0, Math.ceil((Date.parse(to) - first) / bucketMs));
  const times = Array.from({ length }, (_, index) => first + index * bucketMs);
  const counted = (holds: (item: Trends['items'][number]) => boolean) => {
    const values = times.map(() => 0);
    for (const item of items.filter(holds)) {
      const place = Math.floor((Date.parse(item.at) - first) / bucketMs);
      if (place in values) values[place] = (values[place] ?? 0) + item.count;
    }
    return values;
  };
  return {
    times,
    series: [
      { signal: 'all', label: t('All alerts'), unit: '', values: counted(() => true) },
      {
        signal: 'grave',
        label: t('Critical and high'),
        unit: '',
        values: counted(({ severity }) => severity === 'CRITICAL' || severity === 'HIGH'),
      },
    ],
  };
}
