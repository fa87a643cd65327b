import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PacedSpeech } from './pacedSpeech';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('a burst of messages is spoken as the first and, after a pause, the last', () => {
  const spoken: string[] = [];
  const speech = new PacedSpeech((message) => spoken.push(message));
  for (let count = 1; count <= 50; count += 1) speech.say(`${count} new alerts`);
  expect(spoken).toEqual(['1 new alerts']);
  vi.advanceTimersByTime(4_000);
  expect(spoken).toEqual(['1 new alerts', '50 new alerts']);
  vi.advanceTimersByTime(60_000);
  expect(spoken).toHaveLength(2);
});
