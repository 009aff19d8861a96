interface Waiter {
  readonly wanted: number;
  readonly resolve: (granted: number) => void;
}

/** How many handlers may run at once. A slot is free again when its handler has settled, not when its attempt is decided. */
export class SlotPool {
  private busy = 0;
  private closed = false;
  /** First come, first served: queues that share an executor must not starve each other. */
  private waiting: Waiter[] = [];

  constructor(readonly size: number) {}

  get taken(): number {
    return this.busy;
  }

  /** Waits until at least one slot is free; takes up to `wanted`, returns how many. 0: closed. */
  take(wanted: number): Promise<number> {
    if (this.closed) return Promise.resolve(0);
    // Nobody waits while a slot is free: release has given it away.
    if (this.busy < this.size) return Promise.resolve(this.grant(wanted));
    return new Promise((resolve) => this.waiting.push({ wanted, resolve }));
  }

  release(count = 1): void {
    this.busy -= count;
    while (this.busy < this.size) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      next.resolve(this.grant(next.wanted));
    }
  }

  /** Nothing new begins: whoever waits is given nothing. */
  close(): void {
    this.closed = true;
    const waiting = this.waiting;
    this.waiting = [];
    for (const { resolve } of waiting) resolve(0);
  }

  private grant(wanted: number): number {
    const granted = Math.min(wanted, this.size - this.busy);
    this.busy += granted;
    return granted;
  }
}
