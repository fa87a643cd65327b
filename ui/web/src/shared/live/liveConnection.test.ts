import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Line } from './fakeLine';
import { LiveConnection } from './liveConnection';

const lines: Line[] = [];
let stop: () => void;

function connect(): LiveConnection {
  const connection = new LiveConnection((url) => {
    const line = new Line(url);
    lines.push(line);
    return line;
  });
  stop = connection.start();
  return connection;
}

function line(): Line {
  const last = lines.at(-1);
  if (!last) throw new Error('no line was opened');
  return last;
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 24, 12, 3, 5) });
  lines.length = 0;
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

test('a line without heartbeats is stale within five seconds, since the last word heard', () => {
  const connection = connect();
  line().send('heartbeat');
  const heardAt = Date.now();
  vi.advanceTimersByTime(4_000);
  expect(connection.state().status).toBe('live');
  vi.advanceTimersByTime(1_000);
  expect(connection.state()).toEqual({ status: 'stale', heardAt });
});

test('heartbeats keep a quiet fleet live', () => {
  const connection = connect();
  for (let beat = 0; beat < 30; beat += 1) {
    line().send('heartbeat');
    vi.advanceTimersByTime(2_000);
  }
  expect(connection.state().status).toBe('live');
  expect(lines).toHaveLength(1);
});

test('a broken line is said to be reconnecting at once', () => {
  const connection = connect();
  line().send('open');
  line().readyState = 0;
  line().send('error');
  expect(connection.state().status).toBe('reconnecting');
});

test('a line the browser gave up is opened again from the last event seen', () => {
  connect();
  line().send('anomaly', { id: 'a' }, '41');
  line().readyState = 2;
  line().send('error');
  vi.advanceTimersByTime(1_500);
  expect(line().url).toBe('/sse/anomalies?lastEventId=41');
});

test('a line that is open but dead is replaced', () => {
  const connection = connect();
  const dead = line();
  dead.send('heartbeat');
  vi.advanceTimersByTime(11_000);
  expect(dead.closed).toBe(true);
  line().send('heartbeat');
  expect(connection.state().status).toBe('live');
});

test('a reset tells the listeners to fetch again', () => {
  const onReset = vi.fn();
  connect().listen({ onReset });
  line().send('reset');
  expect(onReset).toHaveBeenCalledOnce();
});
