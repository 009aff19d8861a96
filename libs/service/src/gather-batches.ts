/** Answers of a batch: `done` when its messages may be acknowledged. */
export type ProcessBatch<Item> = (items: readonly Item[]) => Promise<{ readonly done: Promise<void> }>;

interface Submission<Item> {
  readonly items: readonly Item[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Adaptive group commit across queues: what arrives while a batch is in the database travels in the next one. A batch begins as soon as
 * the one before is committed; what it led to is confirmed meanwhile.
 */
export class GatherBatches<Item> {
  private waiting: Submission<Item>[] = [];
  private working = false;

  constructor(
    private readonly mostItems: number,
    private readonly process: ProcessBatch<Item>,
  ) {}

  /** Resolves when the items are committed and what follows from them is confirmed. Rejects when their batch failed. */
  submit(items: readonly Item[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      if (!this.working) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.working = true;
    // What the same turn of the loop brings goes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.takeBatch();
      const settle = settlerOf(batch);
      try {
        const { done } = await this.process(batch.flatMap((submission) => submission.items));
        done.then(settle.resolve, settle.reject);
      } catch (error) {
        settle.reject(error);
      }
    }
    this.working = false;
  }

  private takeBatch(): Submission<Item>[] {
    let count = 0;
    let taken = 0;
    while (taken < this.waiting.length && (taken === 0 || count + (this.waiting[taken]?.items.length ?? 0) <= this.mostItems)) {
      count += this.waiting[taken]?.items.length ?? 0;
      taken += 1;
    }
    return this.waiting.splice(0, taken);
  }
}

const settlerOf = <Item>(batch: readonly Submission<Item>[]) => ({
  resolve: () => {
    for (const submission of batch) submission.resolve();
  },
  reject: (error: unknown) => {
    for (const submission of batch) submission.reject(error);
  },
});
