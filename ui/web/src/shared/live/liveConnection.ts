/** The live stream of alerts: heartbeats tell a quiet fleet from a broken line. */
import type { Anomaly } from '@/api';

export const SILENCE_MS = 4_500;
const REOPEN_AFTER_SILENCE_MS = 10_000;
const CHECK_MS = 500;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

export type LineStatus = 'connecting' | 'live' | 'reconnecting' | 'stale';

export interface LineState {
  status: LineStatus;
  /** When the server had last been heard as the status began, in milliseconds; null before the first word. */
  heardAt: number | null;
}

export interface Stream {
  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
  readonly readyState: number;
}

export interface LiveListener {
  onAnomaly?(anomaly: Anomaly): void;
  /** What was missed cannot be replayed: fetch again. */
  onReset?(): void;
}

const CLOSED = 2;

export class LiveConnection {
  private readonly open: (url: string) => Stream;
  private readonly listeners = new Set<LiveListener>();
  private readonly readers = new Set<() => void>();
  private stream: Stream | undefined;
  private lastId = '';
  private openedAt = 0;
  private heardAt: number | null = null;
  private attempts = 0;
  private retryAt = 0;
  private broken = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private current: LineState = { status: 'connecting', heardAt: null };

  constructor(open: (url: string) => Stream = (url) => new EventSource(url)) {
    this.open = open;
  }

  state = (): LineState => this.current;

  subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  listen(listener: LiveListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): () => void {
    this.connect();
    this.timer = setInterval(this.check, CHECK_MS);
    return () => {
      clearInterval(this.timer);
      this.stream?.close();
      this.stream = undefined;
    };
  }

  private connect(): void {
    this.stream?.close();
    this.openedAt = Date.now();
    const query = this.lastId ? `?lastEventId=${encodeURIComponent(this.lastId)}` : '';
    const stream = this.open(`/sse/anomalies${query}`);
    const heard = (handle: (event: MessageEvent<string>) => void) => (event: MessageEvent<string>) => {
      if (this.stream !== stream) return;
      this.hear();
      handle(event);
    };
    stream.addEventListener(
      'open',
      heard(() => undefined),
    );
    stream.addEventListener(
      'heartbeat',
      heard(() => undefined),
    );
    stream.addEventListener('anomaly', heard(this.receive));
    stream.addEventListener('reset', heard(this.reset));
    stream.addEventListener('error', () => this.stream === stream && this.lose());
    this.stream = stream;
  }

  private hear(): void {
    this.attempts = 0;
    this.broken = false;
    this.heardAt = Date.now();
    this.show('live');
  }

  private receive = (event: MessageEvent<string>): void => {
    if (event.lastEventId) this.lastId = event.lastEventId;
    const anomaly = JSON.parse(event.data) as Anomaly;
    this.listeners.forEach((listener) => listener.onAnomaly?.(anomaly));
  };

  private reset = (event: MessageEvent<string>): void => {
    this.lastId = event.lastEventId;
    this.listeners.forEach((listener) => listener.onReset?.());
  };

  private lose(): void {
    this.broken = true;
    if (this.stream?.readyState === CLOSED) {
      this.retryAt = Date.now() + (RETRY_MS[Math.min(this.attempts, RETRY_MS.length - 1)] ?? 0);
      this.attempts += 1;
    }
    this.check();
  }

  private check = (): void => {
    const now = Date.now();
    const silence = now - (this.heardAt ?? this.openedAt);
    if (silence >= SILENCE_MS) this.show(this.heardAt === null ? 'reconnecting' : 'stale');
    else if (this.broken) this.show('reconnecting');
    const dead = silence >= REOPEN_AFTER_SILENCE_MS && now - this.openedAt >= REOPEN_AFTER_SILENCE_MS;
    if (this.retryAt > 0 ? now >= this.retryAt : dead) this.reconnect();
  };

  private reconnect(): void {
    this.retryAt = 0;
    this.connect();
  }

  private show(status: LineStatus): void {
    if (status === this.current.status) return;
    this.current = { status, heardAt: this.heardAt };
    this.readers.forEach((read) => read());
  }
}
