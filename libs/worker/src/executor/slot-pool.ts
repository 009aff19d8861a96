import { afterTurn, type Flow, NO_TURNS, nextTurn } from './lane-turns.js';

interface Waiter extends Flow {
  readonly wanted: number;
  readonly resolve: (granted: number) => void;
}

const ANYBODY: Flow = { key: '', weight: 1 };

/** How many handlers may run at once. A slot is free again when its handler has settled, not when its attempt is decided. */
export class SlotPool {
  private busy = 0;
  private closed = false;
  /** In the order of asking: who has the same turn is served first come, first served. */
  private waiting: Waiter[] = [];
  private turns = NO_TURNS;

  constructor(readonly size: number) {}

  get taken(): number {
    return this.busy;
  }

  /** The pool as one of the flows that share it sees it. */
  of(flow: Flow): Pick<SlotPool, 'take' | 'release'> {
    return { take: (wanted) => this.take(wanted, flow), release: (count) => this.release(count) };
  }

  /** Waits until at least one slot is free and it is the flow's turn; takes up to `wanted`, returns how many. 0: closed. */
  take(wanted: number, flow: Flow = ANYBODY): Promise<number> {
    if (this.closed) return Promise.resolve(0);
    // Nobody waits while a slot is free: release has given it away.
    if (this.busy < this.size) return Promise.resolve(this.grant(wanted));
    return new Promise((resolve) => this.waiting.push({ ...flow, wanted, resolve }));
  }

  release(count = 1): void {
    this.busy -= count;
    while (this.busy < this.size) {
      const [first, ...others] = this.waiting;
      if (first === undefined) return;
      const next = nextTurn(this.turns, [first, ...others]);
      this.waiting.splice(this.waiting.indexOf(next), 1);
      const granted = this.grant(next.wanted);
      this.turns = afterTurn(this.turns, next, granted);
      next.resolve(granted);
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
