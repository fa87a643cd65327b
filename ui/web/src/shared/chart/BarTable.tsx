/** A table whose numbers are drawn as bars beside them: chart and table in one. */
import type { ReactNode } from 'react';

export interface Bar {
  key: string;
  label: ReactNode;
  value: number;
  /** The value as people read it. */
  words: string;
  /** A mark to compare with, such as the mean of the peers. */
  mark?: number;
}

interface Props {
  caption: string;
  what: string;
  measure: string;
  bars: readonly Bar[];
}

export function BarTable({ caption, what, measure, bars }: Props) {
  const longest = bars.reduce((most, { value, mark }) => Math.max(most, value, mark ?? 0), 0) || 1;
  return (
    <>
      <p className="mb-3 max-w-prose text-sm text-muted">{caption}</p>
      <table className="w-full text-sm">
        <caption className="sr-only">{measure}</caption>
        <thead className="border-b border-line">
          <tr>
            <th scope="col" className="py-1.5 pe-3 font-semibold">
              {what}
            </th>
            <th scope="col" className="py-1.5 pe-3 text-end font-semibold">
              {measure}
            </th>
            <td className="w-1/2" />
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.key} className="border-b border-line last:border-b-0">
              <th scope="row" className="py-1 pe-3 font-normal sm:whitespace-nowrap">
                {bar.label}
              </th>
              <td className="py-1 pe-3 text-end font-semibold" data-value={bar.value}>
                {bar.words}
              </td>
              <td aria-hidden="true">
                <Drawn share={bar.value / longest} mark={bar.mark === undefined ? undefined : bar.mark / longest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Drawn({ share, mark }: { share: number; mark?: number }) {
  return (
    <div className="relative h-4 rounded-sm bg-sunken">
      <div className="h-full rounded-sm bg-series" style={{ width: `${share * 100}%` }} />
      {mark !== undefined && <div className="absolute -inset-y-1 w-0.5 bg-ink" style={{ insetInlineStart: `${mark * 100}%` }} />}
    </div>
  );
}
