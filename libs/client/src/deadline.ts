/** `setTimeout` and `AbortSignal.timeout` with more than this fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A signal that is aborted when so much time has passed, however much that is: one timer after the other. */
export class Deadline {
  private readonly over = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(leftMs: number) {
    this.arm(leftMs);
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Nobody waits for it any more. */
  clear(): void {
    clearTimeout(this.timer);
  }

  private arm(leftMs: number): void {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    this.timer = setTimeout(() => {
      if (leftMs > stepMs) this.arm(leftMs - stepMs);
      else this.over.abort(new DOMException('the time is up', 'TimeoutError'));
    }, stepMs);
  }
}
