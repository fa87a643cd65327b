/** A line to the server for tests: they say what is heard on it, and when. */
import type { Stream } from './liveConnection';

export class Line implements Stream {
  readyState = 1;
  closed = false;
  readonly url: string;
  private readonly heard = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.heard.set(name, listener);
  }

  close(): void {
    this.closed = true;
  }

  send(name: string, data: unknown = {}, lastEventId = ''): void {
    this.heard.get(name)?.(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
  }
}
