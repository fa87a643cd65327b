import { expect, test } from 'vitest';
import type { Forecast } from '@/api';
import { risksByPart } from './risks';

const risk = (component: string, horizonH: number, probability: number): Forecast => ({
  vehicleId: 'VH-1',
  component,
  horizonH,
  probability,
  lower: 0,
  upper: 1,
  madeAt: '2026-11-24T12:00:00Z',
  modelVersion: 'cox-1',
});

test('each part is one row with all its horizons, the worst in the long run first', () => {
  const { parts, horizons } = risksByPart([risk('engine', 24, 0.3), risk('engine', 72, 0.4), risk('brakes', 72, 0.6)]);
  expect(parts.map(({ component, last }) => [component, last.probability])).toEqual([
    ['brakes', 0.6],
    ['engine', 0.4],
  ]);
  expect(horizons).toEqual([24, 72]);
  expect(parts[0]?.byHorizon.get(24)).toBeUndefined();
});
