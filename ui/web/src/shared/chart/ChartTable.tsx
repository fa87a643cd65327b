/** The same data as a table, every value as it came. */
import { Fragment } from 'react';
import { t } from '@/shared/language/language';
import { dayAndClock } from '@/shared/time/format';
import { valueInWords, type ChartSeries } from './chart';

interface Props {
  title: string;
  times: readonly number[];
  series: readonly ChartSeries[];
}

export function ChartTable({ title, times, series }: Props) {
  return (
    <div
      role="region"
      aria-label={t('Table: {title}', { title })}
      tabIndex={0}
      className="mt-3 max-h-96 overflow-auto rounded-lg border border-line"
    >
      <table className="w-full text-sm">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-sunken">
          <tr>
            <th scope="col" className="px-3 py-2 font-semibold">
              {t('Time')}
            </th>
            {series.map(({ signal, label, unit }) => (
              <th key={signal} scope="col" className="px-3 py-2 text-end font-semibold">
                {t(label)}
                {unit && <Fragment> ({unit})</Fragment>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((at, position) => (
            <tr key={at} className="border-t border-line">
              <th scope="row" className="figures px-3 py-1.5 font-normal whitespace-nowrap">
                {dayAndClock(at)}
              </th>
              {series.map((one) => (
                <td key={one.signal} data-value={one.values[position] ?? ''} className="px-3 py-1.5 text-end">
                  {cell({ ...one, unit: '' }, position)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cell(series: ChartSeries, position: number) {
  if (typeof series.values[position] !== 'number') return <span className="text-muted">{t('no reading')}</span>;
  return valueInWords(series, position);
}
