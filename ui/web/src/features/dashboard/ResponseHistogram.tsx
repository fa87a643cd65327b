/** How long alerts waited for somebody. */
import { useQuery } from '@tanstack/react-query';
import { BarTable } from '@/shared/chart/BarTable';
import { counted, t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { responsesQuery } from './dashboard.queries';
import type { Period } from './period';
import { classInWords, responsesInWords } from './responseTimes';

export function ResponseHistogram({ period }: { period: Period }) {
  const times = useQuery(responsesQuery(period));
  return (
    <Loaded query={times} what={t('the response times')}>
      {(found) => {
        const bars = found.classes.map((each) => ({
          key: String(each.fromS),
          label: classInWords(each),
          value: each.count,
          words: counted(each.count, '{count} alert', '{count} alerts'),
        }));
        return <BarTable caption={responsesInWords(found)} what={t('Waited')} measure={t('Alerts acknowledged')} bars={bars} />;
      }}
    </Loaded>
  );
}
