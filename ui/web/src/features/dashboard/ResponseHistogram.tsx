/** How long alerts waited for somebody. */
import { useQuery } from '@tanstack/react-query';
import { BarTable } from '@/shared/chart/BarTable';
import { counted, t } from '@/shared/language/language';
import { Loaded } from '@/shared/page/Loaded';
import { duration } from '@/shared/time/format';
import { responsesQuery } from './dashboard.queries';
import type { Period } from './period';
import { CLASSES, responseTimes, type ResponseTimes } from './responseTimes';

export function ResponseHistogram({ period }: { period: Period }) {
  const alerts = useQuery(responsesQuery(period));
  return (
    <Loaded query={alerts} what={t('the response times')}>
      {({ items, isAll }) => {
        const times = responseTimes(items);
        const bars = CLASSES.map(([, words], index) => {
          const count = times.counts[index] ?? 0;
          return { key: words, label: t(words), value: count, words: counted(count, '{count} alert', '{count} alerts') };
        });
        const limit = isAll ? '' : counted(items.length, '', 'Counted over the newest {count} alerts.');
        return (
          <BarTable caption={`${inWords(times)} ${limit}`} what={t('Waited')} measure={t('Alerts acknowledged')} bars={bars} />
        );
      }}
    </Loaded>
  );
}

function inWords({ median, waiting }: ResponseTimes): string {
  const half =
    median === undefined
      ? t('Nothing was acknowledged in this time.')
      : t('Half of the acknowledged alerts were taken within {time}.', { time: duration(0, median * 1000) });
  return `${half} ${counted(waiting, 'One still waits.', '{count} still wait.')}`;
}
