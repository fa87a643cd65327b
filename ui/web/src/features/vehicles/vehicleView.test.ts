import { expect, test } from 'vitest';
import type { Vehicle } from '@/api';
import { arranged, vehicleView } from './vehicleView';

const QUIET: Vehicle = {
  vehicleId: 'VH-1',
  vehicleClass: 'van',
  model: 'Transporter',
  ageYears: 3,
  tankL: 80,
  lastSeenAt: '2026-11-24T12:00:00Z',
  liveAlerts: 0,
  snoozedAlerts: 0,
  worstSeverity: null,
  lat: null,
  lon: null,
  speed: null,
  fuelLevel: 40,
};
const FLEET: Vehicle[] = [
  QUIET,
  { ...QUIET, vehicleId: 'VH-10', liveAlerts: 4, worstSeverity: 'LOW', speed: 50 },
  { ...QUIET, vehicleId: 'VH-2', liveAlerts: 1, worstSeverity: 'CRITICAL', speed: 80, vehicleClass: 'truck' },
];
const ids = (fleet: Vehicle[]) => fleet.map(({ vehicleId }) => vehicleId);

test('one critical alert comes before four low ones, and both before none', () => {
  expect(ids(arranged(FLEET, {}))).toEqual(['VH-2', 'VH-10', 'VH-1']);
});

test('a vehicle with nothing but a snoozed alert comes after live ones and before none', () => {
  const fleet = [{ ...QUIET, vehicleId: 'VH-3', snoozedAlerts: 2 }, ...FLEET];
  expect(ids(arranged(fleet, {}))).toEqual(['VH-2', 'VH-10', 'VH-3', 'VH-1']);
});

test('ids sort as people count', () => {
  expect(ids(arranged(FLEET, { sort: 'vehicle' }))).toEqual(['VH-1', 'VH-2', 'VH-10']);
});

test('a vehicle without a reading stays last in both directions', () => {
  expect(ids(arranged(FLEET, { sort: 'speed' }))).toEqual(['VH-10', 'VH-2', 'VH-1']);
  expect(ids(arranged(FLEET, { sort: 'speed', falling: true }))).toEqual(['VH-2', 'VH-10', 'VH-1']);
});

test('search looks at id, class and model', () => {
  expect(ids(arranged(FLEET, { q: 'TRUCK' }))).toEqual(['VH-2']);
});

test('an address with nonsense in it shows the usual view', () => {
  expect(vehicleView({ sort: 'colour', falling: 'yes', q: 7 })).toEqual({ q: '7' });
});
