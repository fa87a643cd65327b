import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { PastForecasts } from '@/api';
import { ForecastRecord } from './ForecastRecord';

const past = (component: string, failed: number | null, forecasts = 2160, said = 0.012): PastForecasts => ({
  component,
  forecasts,
  said,
  failed,
});
const lines = () =>
  [...document.querySelectorAll('dl > div')].map(({ children }) => [...children].map((each) => each.textContent));

test('each part says what was forecast and what came of it', () => {
  render(<ForecastRecord record={[past('brakes', 20), past('fuel_system', 0, 1)]} />);
  expect(lines()).toEqual([
    ['Brakes', 'In 90 days: said 1.2 % on average, 0.9 % came true (20 of 2,160).'],
    ['Fuel system', 'In 90 days: said 1.2 % on average, 0 % came true (0 of 1).'],
  ]);
});

test('a fleet that recorded no visits reads that it is not known, and no zero', () => {
  render(<ForecastRecord record={[past('brakes', null), past('engine', null)]} />);
  screen.getByText('No workshop visits of that time are recorded for this fleet, so whether past forecasts held is not known.');
  expect(lines()).toEqual([]);
});

test('before the first 72 hours are over, that is what is said', () => {
  render(<ForecastRecord record={[]} />);
  screen.getByText('No forecast is 72 hours old yet, so whether they hold is not known.');
});
