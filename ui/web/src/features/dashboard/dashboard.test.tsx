import { render, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Forecast, Trends } from '@/api';
import { BarTable } from '@/shared/chart/BarTable';
import { failureRate } from './failureRate';
import { frequencyOf } from './frequency';
import { dashboardView } from './period';
import { CLASSES, responseTimes } from './responseTimes';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 10, 24);
const iso = (ms: number) => new Date(ms).toISOString();
const point = (hour: number, severity: Trends['items'][number]['severity'], count: number): Trends['items'][number] => ({
  at: iso(START + hour * HOUR_MS),
  type: 'SPEEDING',
  severity,
  count,
});

test('every hour has its count, and an hour without an alert counts none', () => {
  const trends = {
    from: iso(START),
    to: iso(START + 3 * HOUR_MS),
    items: [point(0, 'LOW', 2), point(0, 'HIGH', 1), point(2, 'LOW', 4)],
  };
  const { times, series } = frequencyOf(trends, HOUR_MS);
  expect(times).toEqual([0, 1, 2].map((hour) => START + hour * HOUR_MS));
  expect(series.map(({ values }) => values)).toEqual([
    [3, 0, 4],
    [1, 0, 0],
  ]);
});

const answered = (seconds: number | null) => ({
  startedAt: iso(START),
  acknowledgedAt: seconds === null ? null : iso(START + seconds * 1000),
  state: seconds === null ? ('OPEN' as const) : ('ACKNOWLEDGED' as const),
});

test('each acknowledgement falls into one class, and what still waits into none', () => {
  const times = responseTimes([30, 60, 61, 90_000, null].map(answered));
  expect(times.counts.reduce((sum, count) => sum + count)).toBe(4);
  expect(times.counts[0]).toBe(1);
  expect(times.counts[1]).toBe(2);
  expect(times.counts[CLASSES.length - 1]).toBe(1);
  expect(times.waiting).toBe(1);
  expect(times.median).toBe(60.5);
});

test('without an acknowledgement there is no median rather than zero', () => {
  expect(responseTimes([answered(null)]).median).toBeUndefined();
});

const risk = (vehicleId: string, component: string, probability: number): Forecast => ({
  vehicleId,
  component,
  probability,
  lower: probability / 2,
  upper: probability,
  madeAt: iso(START),
  horizonH: 72,
  modelVersion: 'cox-1',
});

test('a vehicle counts once, however many of its parts may fail', () => {
  const rate = failureRate([risk('VH-1', 'engine', 0.5), risk('VH-1', 'brakes', 0.5), risk('VH-2', 'engine', 0)]);
  expect(rate).toEqual({ value: 0.375, lower: 0.21875, upper: 0.375, vehicles: 2 });
});

test('without a forecast the rate is unknown', () => {
  expect(failureRate([])).toBeUndefined();
});

test('the bars are a table with every value as it came', () => {
  const bars = [
    { key: 'a', label: 'under 1 min', value: 5, words: '5 alerts' },
    { key: 'b', label: '1 to 5 min', value: 0, words: '0 alerts' },
  ];
  render(<BarTable caption="How long" what="Waited" measure="Alerts" bars={bars} />);
  const rows = within(screen.getByRole('table', { name: 'Alerts' }))
    .getAllByRole('row')
    .slice(1);
  expect(rows.map((row) => [within(row).getByRole('rowheader').textContent, within(row).getByRole('cell').textContent])).toEqual([
    ['under 1 min', '5 alerts'],
    ['1 to 5 min', '0 alerts'],
  ]);
});

test('an address with nonsense in it shows the last day', () => {
  expect(dashboardView({ period: 'aeon' })).toEqual({});
  expect(dashboardView({ period: 'week' })).toEqual({ period: 'week' });
});
