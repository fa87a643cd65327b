import { fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { AccessibleChart } from './AccessibleChart';
import { linePath, withPauses } from './Panel';
import { linearScale } from './scale';

const START = Date.UTC(2026, 10, 24, 12, 0, 0);
const TIMES = [0, 1, 2, 3].map((second) => START + second * 1000);
const SPEED = { signal: 'speed_kmh', label: 'Speed', unit: 'km/h', values: [62, 58, null, 12.25] };
const BRAKE = { signal: 'brake_pressure_kpa', label: 'Brake pressure', unit: 'kPa', values: [0, 4200, 6100, 900] };

function show() {
  render(<AccessibleChart title="Signals of VH-456" times={TIMES} series={[SPEED, BRAKE]} stepS={1} />);
  return screen.getByRole('slider');
}

test('the table holds exactly the data that is drawn, and says where there is none', async () => {
  show();
  await userEvent.click(screen.getByRole('button', { name: /show as a table/i }));
  const rows = within(screen.getByRole('table')).getAllByRole('row').slice(1);
  const cells = rows.map((row) =>
    within(row)
      .getAllByRole('cell')
      .map((cell) => cell.getAttribute('data-value')),
  );
  expect(cells).toEqual(TIMES.map((_, position) => [SPEED, BRAKE].map(({ values }) => String(values[position] ?? ''))));
  expect(rows[2]?.textContent).toContain('no reading');
});

test('one sentence tells the range of every signal', () => {
  show();
  expect(screen.getByRole('figure').textContent).toMatch(
    /speed between 12.3 and 62 km\/h, brake pressure between 0 and 6,100 kPa/,
  );
});

test('arrow keys walk through the readings and say them', () => {
  const slider = show();
  slider.focus();
  fireEvent.keyDown(slider, { key: 'ArrowRight' });
  expect(slider.getAttribute('aria-valuetext')).toMatch(/Speed 58 km\/h, Brake pressure 4,200 kPa/);
  fireEvent.keyDown(slider, { key: 'End' });
  fireEvent.keyDown(slider, { key: 'ArrowRight' });
  expect(slider.getAttribute('aria-valuenow')).toBe('3');
});

test('a missing reading breaks the line and is never drawn as zero', () => {
  const scale = linearScale([START, START + 3000], [0, 30]);
  const path = linePath(withPauses(TIMES, SPEED.values, 5_000), scale, linearScale([0, 100], [100, 0]));
  expect(path.match(/M/g)).toHaveLength(2);
  expect(path).not.toContain('100.0');
});

test('a pause in which nothing was sent is a gap, not a straight line', () => {
  const silent = [START, START + 1000, START + 60_000, START + 61_000];
  const path = linePath(
    withPauses(silent, [1, 2, 3, 4], 5_000),
    linearScale([START, START + 61_000], [0, 61]),
    linearScale([0, 4], [4, 0]),
  );
  expect(path.match(/M/g)).toHaveLength(2);
  expect(path.match(/L/g)).toHaveLength(2);
});

test('without readings the chart says so', () => {
  render(<AccessibleChart title="Signals of VH-456" times={[]} series={[]} stepS={1} />);
  expect(screen.getByText('No readings in this time.')).toBeTruthy();
});

test('a range is told with its value, in the table and at the cursor', async () => {
  const score = {
    signal: 'score',
    label: 'Score',
    unit: '',
    values: [80, null],
    range: { lower: [72, null], upper: [88.5, null] },
  };
  render(<AccessibleChart title="Score" times={TIMES.slice(0, 2)} series={[score]} stepS={1} />);
  expect(screen.getByRole('slider').getAttribute('aria-valuetext')).toMatch(/Score 80 \(72 to 88.5\)/);
  await userEvent.click(screen.getByRole('button', { name: /show as a table/i }));
  expect(screen.getAllByRole('cell').map(({ textContent }) => textContent)).toEqual(['80 (72 to 88.5)', 'no reading']);
});
