import { beforeEach, expect, test } from 'vitest';
import { keepPreferences } from '@/shared/reader/preferences';
import { litresOf, shownTank, tankWords } from './tank';

const TENTHS = Array.from({ length: 19_951 }, (_, index) => (50 + index) / 10); // 5 to 2,000 l
const inGallons = () => keepPreferences({ language: 'system', units: 'imperial', timeZone: 'system' });

beforeEach(() => localStorage.clear());

test('litres are shown as they are kept', () => {
  expect([60.1, 400.123456, null].map(shownTank)).toEqual([60.1, 400.123456, null]);
  expect(litresOf(70.25, 60.1)).toBe(70.25);
});

test('a tank that is shown in gallons and left as it is keeps every litre', () => {
  inGallons();
  expect(shownTank(60.1)).toBe(15.877);
  expect(TENTHS.filter((litres) => litresOf(shownTank(litres), litres) !== litres)).toEqual([]);
  expect(litresOf(null, null)).toBeNull();
});

test('gallons that were typed are shown again as they were typed', () => {
  inGallons();
  expect(litresOf(20, 60.1)).toBe(75.708);
  const typed = Array.from({ length: 52_701 }, (_, index) => (133 + index) / 100); // 1.33 to 528.33 gal
  expect(typed.filter((gallons) => shownTank(Math.fround(litresOf(gallons, null) ?? 0)) !== gallons)).toEqual([]);
});

test('an emptied field is what is usual for the class, in every unit', () => {
  expect(litresOf(null, 60.1)).toBeNull();
  inGallons();
  expect(litresOf(null, 60.1)).toBeNull();
});

test('what is said to be allowed is allowed', () => {
  inGallons();
  expect(tankWords().refusal).toBe('A tank holds 1.33 to 528.34 US gallons.');
  expect(litresOf(1.33, null)).toBeGreaterThanOrEqual(5);
  expect(litresOf(528.34, null)).toBeLessThanOrEqual(2000);
});
