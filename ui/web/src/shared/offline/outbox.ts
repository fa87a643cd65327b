/** What people did without a connection: kept until the server has it, in their own name only. */
import type { Shelf } from './shelf';

/** WAITING is sent when it can be; REFUSED was answered with a no that a person should read. */
export interface Entry<Deed> {
  id: string;
  userId: string;
  subject: string;
  /** What is shown of it: "Acknowledge: harsh braking, VH-456". */
  label: string;
  deed: Deed;
  at: number;
  /** Whether it may have reached the server before. */
  tried: boolean;
  refusal?: string;
}

export type Outcome = { kind: 'done' } | { kind: 'refused'; reason: string } | { kind: 'unreachable' };

interface Post<Deed> {
  shelf: Shelf;
  /** Who the server says is signed in, asked anew; null where nobody is or nobody answers. */
  whoIsSignedIn: () => Promise<string | null>;
  send: (entry: Entry<Deed>) => Promise<Outcome>;
  /** Runs while no other tab of this browser sends or signs in or out. */
  alone: (work: () => Promise<void>) => Promise<void>;
}

export class Outbox<Deed> {
  private readonly post: Post<Deed>;
  private readonly readers = new Set<() => void>();
  private known: readonly Entry<Deed>[] = [];

  constructor(post: Post<Deed>) {
    this.post = post;
  }

  entries = (): readonly Entry<Deed>[] => this.known;

  subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  async load(): Promise<void> {
    const all = await this.post.shelf.all<Entry<Deed>>('outbox');
    this.known = all.sort((a, b) => a.at - b.at);
    this.readers.forEach((read) => read());
  }

  async add(entry: Entry<Deed>): Promise<void> {
    await this.post.shelf.put('outbox', entry.id, entry);
    await this.load();
  }

  async remove(id: string): Promise<void> {
    await this.post.shelf.remove('outbox', id);
    await this.load();
  }

  /** Sends what waits, the oldest first, as long as its author is the one who is signed in. */
  flush(): Promise<void> {
    return this.post.alone(async () => {
      await this.load();
      const who = this.known.some(waits) ? await this.post.whoIsSignedIn() : null;
      for (const entry of this.known.filter((one) => waits(one) && one.userId === who)) {
        if (!(await this.deliver(entry))) return;
      }
    });
  }

  private async deliver(entry: Entry<Deed>): Promise<boolean> {
    await this.post.shelf.put('outbox', entry.id, { ...entry, tried: true });
    const outcome = await this.post.send(entry);
    if (outcome.kind === 'done') await this.post.shelf.remove('outbox', entry.id);
    if (outcome.kind === 'refused')
      await this.post.shelf.put('outbox', entry.id, { ...entry, tried: true, refusal: outcome.reason });
    await this.load();
    return outcome.kind !== 'unreachable';
  }

  /** Nothing of this person stays behind. */
  async wipe(userId: string): Promise<void> {
    await this.load();
    for (const entry of this.known.filter((one) => one.userId === userId)) await this.post.shelf.remove('outbox', entry.id);
    await this.load();
  }
}

export function waits({ refusal }: { refusal?: string }): boolean {
  return refusal === undefined;
}
