/** Lets one sentence through every few seconds; of those that pile up meanwhile, the last. */
const PAUSE_MS = 4_000;

/** A sentence, or what makes it at the moment it is spoken. */
export type Message = string | (() => string);

export class PacedSpeech {
  private readonly speak: (message: string) => void;
  private waiting: Message | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(speak: (message: string) => void) {
    this.speak = speak;
  }

  say = (message: Message): void => {
    if (this.timer !== undefined) {
      this.waiting = message;
      return;
    }
    this.speak(typeof message === 'string' ? message : message());
    this.timer = setTimeout(this.resume, PAUSE_MS);
  };

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = undefined;
  }

  private resume = (): void => {
    this.timer = undefined;
    const message = this.waiting;
    this.waiting = undefined;
    if (message !== undefined) this.say(message);
  };
}
