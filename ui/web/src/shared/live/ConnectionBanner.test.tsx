import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clock } from '@/shared/time/format';
import { ConnectionBanner } from './ConnectionBanner';
import { Line } from './fakeLine';
import { LiveConnection } from './liveConnection';
import { LiveProvider } from './LiveProvider';

const HEARD_AT = Date.UTC(2026, 10, 24, 12, 3, 5);

function show(): Line {
  const line = new Line('/sse/anomalies');
  render(
    <LiveProvider connection={new LiveConnection(() => line)}>
      <ConnectionBanner />
    </LiveProvider>,
  );
  return line;
}

const banner = () => screen.getByRole('status', { name: 'Connection' }).textContent;

beforeEach(() => vi.useFakeTimers({ now: HEARD_AT }));
afterEach(() => vi.useRealTimers());

test('it says Live while heartbeats come, and since when it is stale within five seconds of silence', () => {
  const line = show();
  act(() => line.send('heartbeat'));
  expect(banner()).toBe('Live');
  act(() => vi.advanceTimersByTime(5_000));
  expect(banner()).toBe(`Stale since ${clock(HEARD_AT)}`);
});

test('it says Reconnecting as soon as the line breaks, and Live again when it is back', () => {
  const line = show();
  act(() => line.send('heartbeat'));
  line.readyState = 0;
  act(() => line.send('error'));
  expect(banner()).toBe('Reconnecting…');
  line.readyState = 1;
  act(() => line.send('open'));
  expect(banner()).toBe('Live');
});
