export interface LoopOptions {
  readonly everyMs: number;
  /** A random number in [0, 1): rounds of several processes must not fall together. */
  readonly unit: () => number;
  /** `again`: there is more, at once. */
  readonly work: () => Promise<'again' | 'rest'>;
  readonly onError: (error: unknown) => void;
}

/** Does something every so often, one round at a time, until it is stopped. A round that fails is told and not the last. */
export class Loop {
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: LoopOptions) {}

  start(): void {
    this.round = this.run();
  }

  /** Resolves when the round in flight has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.round;
  }

  private async run(): Promise<void> {
    let next: 'again' | 'rest' = 'again';
    while (next === 'again' && !this.stopped) {
      try {
        next = await this.options.work();
      } catch (error) {
        next = 'rest';
        this.options.onError(error);
      }
    }
    if (this.stopped) return;
    const { everyMs, unit } = this.options;
    this.timer = setTimeout(() => this.start(), everyMs * (0.8 + 0.4 * unit()));
  }
}
