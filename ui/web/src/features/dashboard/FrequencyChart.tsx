/** Alerts over time. */
import { useQuery } from '@tanstack/react-query';
import { AccessibleChart } from '@/shared/chart/AccessibleChart';
import { t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { trendsQuery } from './dashboard.queries';
import { frequencyOf } from './frequency';
import { bucketOf, type Period } from './period';

export function FrequencyChart({ period }: { period: Period }) {
  const trends = useQuery(trendsQuery(period));
  return (
    <Loaded query={trends} what={t('the trend')}>
      {(data) => {
        const bucketMs = bucketOf(data.bucket === 'day' ? 'month' : period).ms;
        const title = data.bucket === 'day' ? t('Alerts per day') : t('Alerts per hour');
        return <AccessibleChart title={title} {...frequencyOf(data, bucketMs)} stepS={bucketMs / 1000} />;
      }}
    </Loaded>
  );
}
