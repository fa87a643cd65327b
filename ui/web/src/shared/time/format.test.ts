import { expect, test } from 'vitest';
import { ago, duration } from './format';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

test.each([
  [3, 'just now'],
  [47, '40 s ago'],
  [61, '1 min ago'],
  [7_300, '2 h ago'],
  [90_000, '1 day ago'],
  [200_000, '2 days ago'],
])('%i seconds back reads as "%s"', (seconds, words) => {
  expect(ago(NOW - seconds * 1000, NOW)).toBe(words);
});

test('a vehicle clock ahead of ours never reads as a negative time', () => {
  expect(ago(NOW + 60_000, NOW)).toBe('just now');
});

test.each([
  [45, '45 s'],
  [245, '4 min 5 s'],
  [7_800, '2 h 10 min'],
  [7_200, '2 h'],
])('a span of %i seconds reads as "%s"', (seconds, words) => {
  expect(duration(NOW, NOW + seconds * 1000)).toBe(words);
});
