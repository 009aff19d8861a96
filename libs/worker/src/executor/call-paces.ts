import { QUICK_MS } from '@reprise/contracts';

/** Of the newest duration in the mean: a handler that stops being quick is noticed with its first slow attempt. */
const WEIGHT = 0.1;

/** How long handlers take on average in this process, lately: an exponentially weighted moving average, in milliseconds. */
export class CallPaces {
  private readonly means = new Map<string, number>();
  /** Calls whose side of the limit has changed since it was last told. */
  private news = false;

  observe(call: string, tookMs: number): void {
    const before = this.means.get(call);
    const mean = before === undefined ? tookMs : before + WEIGHT * (tookMs - before);
    this.means.set(call, mean);
    if (before === undefined || before < QUICK_MS !== mean < QUICK_MS) this.news = true;
  }

  /** Whether a call has become quick, or has ceased to be, since this was last asked. */
  takeNews(): boolean {
    const { news } = this;
    this.news = false;
    return news;
  }

  /** By call. */
  get all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.means].map(([call, mean]) => [call, Math.round(mean * 10) / 10]));
  }
}
