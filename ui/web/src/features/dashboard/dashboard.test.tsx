import { render, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Trends } from '@/api';
import { BarTable } from '@/shared/chart/BarTable';
import { frequencyOf } from './frequency';
import { dashboardView } from './period';
import { classInWords, responsesInWords } from './responseTimes';

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

test.each([
  [{ fromS: 0, belowS: 60 }, 'under 1 min'],
  [{ fromS: 60, belowS: 300 }, '1 min to 5 min'],
  [{ fromS: 14_400, belowS: 86_400 }, '4 h to 24 h'],
  [{ fromS: 86_400, belowS: null }, 'over 24 h'],
])('the class %o is called %s', (ends, words) => {
  expect(classInWords({ ...ends, count: 3 })).toBe(words);
});

test('without an acknowledgement there is no median rather than zero', () => {
  expect(responsesInWords({ medianS: null, waiting: 2, snoozed: 0 })).toBe(
    'Nothing was acknowledged in this time. 2 still wait.',
  );
  expect(responsesInWords({ medianS: 90, waiting: 1, snoozed: 0 })).toContain('within 1 min 30 s. One still waits.');
  expect(responsesInWords({ medianS: 90, waiting: 0, snoozed: 1 })).toContain('0 still wait. One is snoozed.');
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
