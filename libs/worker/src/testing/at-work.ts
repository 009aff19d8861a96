import { TesterError } from './tester-error.js';

// Taken when this loads: test runners replace them to make time stand still.
const { setTimeout, clearTimeout, setImmediate } = globalThis;

/** One handler that has begun and not come back. */
export interface Labour {
  /** For a message: `charge, attempt 2`. */
  readonly name: string;
  /** In how many places it waits for virtual time. */
  asleep: number;
  /** What to do with its end; null: it has not come back. */
  settle: (() => void) | null;
}

/**
 * Handlers at work, in real time. Virtual time stands still until each of them has come back or waits for virtual time itself, so that
 * what a run does depends on no machine's speed. What came back is taken in the order in which it began.
 */
export class AtWork {
  private labours: Labour[] = [];
  private awoken = false;
  private changed: () => void = () => undefined;
  /** Something the test has to put right; the first there was. */
  private broken: TesterError | null = null;

  constructor(private readonly patienceMs: number) {}

  begin(name: string): Labour {
    const labour: Labour = { name, asleep: 0, settle: null };
    this.labours.push(labour);
    return labour;
  }

  /** It waits for virtual time in one more place. */
  sleep(labour: Labour): void {
    labour.asleep += 1;
    this.changed();
  }

  wake(labour: Labour): void {
    labour.asleep -= 1;
    this.awoken = true;
  }

  comeBack(labour: Labour, settle: () => void): void {
    labour.settle = settle;
    this.changed();
  }

  /** Nobody waits for it any more. */
  forget(labour: Labour): void {
    this.labours = this.labours.filter((each) => each !== labour);
    this.changed();
  }

  break(error: TesterError): void {
    this.broken ??= error;
    this.changed();
  }

  throwBroken(): void {
    if (this.broken !== null) throw this.broken;
  }

  /** Until nobody does anything in real time. */
  async idle(): Promise<void> {
    // One that was woken may go to sleep at once in another place: it gets a turn to say so.
    while (this.awoken) {
      this.awoken = false;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    for (let busy = this.busy(); busy !== undefined && this.broken === null; busy = this.busy()) await this.change(busy);
    this.throwBroken();
    const ended = this.labours.filter(({ settle }) => settle !== null);
    this.labours = this.labours.filter(({ settle }) => settle === null);
    for (const { settle } of ended) settle?.();
  }

  private busy(): Labour | undefined {
    return this.labours.find(({ asleep, settle }) => asleep === 0 && settle === null);
  }

  private change({ name }: Labour): Promise<void> {
    return new Promise((resolve) => {
      const impatience = setTimeout(() => {
        this.break(new TesterError('NO_END', noEnd(name, this.patienceMs)));
        resolve();
      }, this.patienceMs);
      this.changed = () => {
        clearTimeout(impatience);
        resolve();
      };
    });
  }
}

const noEnd = (name: string, patienceMs: number): string =>
  `the handler of ${name} has been at work for ${patienceMs} ms of real time, and virtual time stands still meanwhile. ` +
  'Let it wait for virtual time with attempt.sleep; mock one that never answers with hangs(); give slow ones more patience: { patience: "30s" }';
