import { expect, test } from 'vitest';
import { alertsInWords } from './alertCounts';

test.each([
  [0, 0, 'No live alert'],
  [1, 0, '1 live alert'],
  [3, 1, '3 live alerts, 1 snoozed'],
  [0, 2, 'No live alert, 2 snoozed'],
])('%i live and %i snoozed alerts read "%s"', (liveAlerts, snoozedAlerts, words) => {
  expect(alertsInWords({ liveAlerts, snoozedAlerts })).toBe(words);
});
