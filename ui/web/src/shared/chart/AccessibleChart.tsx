/** Lines over time that can be seen, read as a sentence, walked with the keyboard, and opened as a table. */
import { useId, useState } from 'react';
import { ToggleButton } from 'react-aria-components';
import { t } from '@/shared/language/language';
import { summary, type ChartBand, type ChartSeries } from './chart';
import { ChartTable } from './ChartTable';
import { Plot } from './Plot';
import { useWidth } from './useWidth';

interface Props {
  title: string;
  /** Epoch milliseconds, rising. */
  times: readonly number[];
  series: readonly ChartSeries[];
  band?: ChartBand;
  /** How far apart readings usually are, in seconds; a pause of several such steps shows as a gap. */
  stepS: number;
}

const STEPS_BEFORE_GAP = 3;
const SHORTEST_GAP_MS = 5_000;

export function AccessibleChart({ title, times, series, band, stepS }: Props) {
  const [asTable, setAsTable] = useState(false);
  const [frame, width] = useWidth<HTMLDivElement>();
  const captionId = useId();
  const longestPauseMs = Math.max(SHORTEST_GAP_MS, stepS * 1000 * STEPS_BEFORE_GAP);
  const words = summary(times, series, band);
  if (times.length === 0) return <p className="text-muted">{words}</p>;
  return (
    <figure aria-labelledby={captionId}>
      <figcaption id={captionId} className="mb-3 max-w-prose text-sm text-muted">
        <span className="sr-only">{title}. </span>
        {words}
      </figcaption>
      <div ref={frame}>
        <Plot title={title} times={times} series={series} band={band} longestPauseMs={longestPauseMs} width={width} />
      </div>
      <ToggleButton
        className="button mt-3"
        isSelected={asTable}
        onChange={setAsTable}
        aria-label={asTable ? t('Hide as a table: {title}', { title }) : t('Show as a table: {title}', { title })}
      >
        {asTable ? t('Hide as a table') : t('Show as a table')}
      </ToggleButton>
      {asTable && <ChartTable title={title} times={times} series={series} />}
    </figure>
  );
}
