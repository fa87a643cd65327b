/** The drawing: one panel per signal over a common time axis, with a cursor for pointer and keyboard. */
import { useId, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { t } from '@/shared/language/language';
import { readout, type ChartBand, type ChartSeries } from './chart';
import { Panel, PANEL_HEIGHT } from './Panel';
import { linearScale, timeTicks } from './scale';
import { TimeAxis } from './TimeAxis';

interface Props {
  title: string;
  times: readonly number[];
  series: readonly ChartSeries[];
  band?: ChartBand;
  longestPauseMs: number;
  width: number;
}

export const GUTTER = { left: 52, right: 14 };
const AXIS_HEIGHT = 28;
const LABEL_PX = 96;
const PAGE_STEP = 10;

export function Plot({ title, times, series, band, longestPauseMs, width }: Props) {
  const [cursor, setCursor] = useState<number>();
  const hintId = useId();
  const span = [times[0] ?? 0, times.at(-1) ?? 1] as const;
  const x = linearScale(span, [GUTTER.left, width - GUTTER.right]);
  const moments = timeTicks(span, Math.max(1, Math.floor((width - GUTTER.left) / LABEL_PX)));
  const height = series.length * PANEL_HEIGHT + AXIS_HEIGHT;
  const last = times.length - 1;
  const at = cursor === undefined ? undefined : times[Math.min(cursor, last)];
  const words = at === undefined || cursor === undefined ? '' : readout(at, Math.min(cursor, last), series, span[1] - span[0]);

  function point(event: PointerEvent<HTMLDivElement>) {
    const place = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setCursor(nearest(times, x, place));
  }

  function walk(event: KeyboardEvent) {
    const next = moved(event.key, cursor ?? 0, last);
    if (next === undefined) return;
    event.preventDefault();
    setCursor(next);
  }

  return (
    <>
      <div
        role="slider"
        tabIndex={0}
        dir="ltr" // time runs from left to right in every language
        aria-label={t('Cursor: {title}', { title })}
        aria-describedby={hintId}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={cursor ?? 0}
        aria-valuetext={words || readout(span[0], 0, series, span[1] - span[0])}
        onKeyDown={walk}
        onFocus={() => setCursor((known) => known ?? 0)}
        onPointerMove={point}
        onPointerDown={point}
        className="cursor-crosshair touch-pan-y"
      >
        <svg width={width} height={height} className="block max-w-full" aria-hidden="true" focusable="false">
          {series.map((one, position) => (
            <g key={one.signal} transform={`translate(0 ${position * PANEL_HEIGHT})`}>
              <Panel
                series={one}
                colour={(position % 4) + 1}
                times={times}
                longestPauseMs={longestPauseMs}
                x={x}
                moments={moments}
                band={band}
                cursor={cursor}
              />
            </g>
          ))}
          <g transform={`translate(0 ${series.length * PANEL_HEIGHT})`}>
            <TimeAxis x={x} moments={moments} />
          </g>
          {at !== undefined && (
            <line x1={x(at)} x2={x(at)} y1={18} y2={series.length * PANEL_HEIGHT} stroke="var(--ink)" strokeWidth="1.5" />
          )}
        </svg>
      </div>
      <p id={hintId} className="figures mt-2 min-h-6 text-sm text-muted">
        {words || t('Point at the chart, or focus it and use the arrow keys.')}
      </p>
    </>
  );
}

function moved(key: string, from: number, last: number): number | undefined {
  const target: Record<string, number> = {
    ArrowRight: from + 1,
    ArrowUp: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: from - 1,
    PageUp: from + PAGE_STEP,
    PageDown: from - PAGE_STEP,
    Home: 0,
    End: last,
  };
  const wanted = target[key];
  return wanted === undefined ? undefined : Math.min(last, Math.max(0, wanted));
}

function nearest(times: readonly number[], x: (at: number) => number, place: number): number {
  return times.reduce(
    (best, at, position) => (Math.abs(x(at) - place) < Math.abs(x(times[best] ?? 0) - place) ? position : best),
    0,
  );
}
