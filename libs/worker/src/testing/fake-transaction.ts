import type { Transaction } from '../handlers/attempt.js';
import { TaskError } from '../handlers/task-error.js';
import { TesterError } from './tester-error.js';

type Rows = readonly Record<string, unknown>[];

/** Plays the database of `attempt.transaction`: the rows a statement gives, or `{ rows, rowCount }`. */
export type FakeQuery = (text: string, values: readonly unknown[]) => FakeResult | Promise<FakeResult>;
type FakeResult = Rows | { readonly rows: Rows; readonly rowCount: number };

/** The one transaction of an attempt: what commits is its output, whatever the handler makes of it afterwards. */
export class FakeTransactions {
  /** null: nothing has committed. */
  committed: { readonly result: unknown } | null = null;
  private isOpen = false;

  constructor(
    private readonly query: FakeQuery | null,
    private readonly signal: AbortSignal,
    /** false: a newer attempt has taken over, and nothing commits. */
    private readonly commit: (result: unknown) => boolean,
    /** The test has not said what it must. */
    private readonly refuse: (error: TesterError) => void,
  ) {}

  async run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const { query } = this;
    if (query === null) {
      const how = 'give it one: query: (text, values) => [{ … }]';
      const error = new TesterError(
        'NOT_GIVEN',
        `a handler uses attempt.transaction, and this test has no database for it; ${how}`,
      );
      this.refuse(error);
      throw error;
    }
    if (this.committed !== null || this.isOpen)
      throw new TaskError('INVALID_INPUT', 'an attempt has one transaction, and this one has had it', { retryable: false });
    this.isOpen = true;
    try {
      const result = await work({ query: async (text, values = []) => resultOf(await query(text, values)) });
      this.signal.throwIfAborted();
      if (!this.commit(result)) throw new TaskError('LOST', 'a newer attempt has taken over: nothing commits');
      this.committed = { result };
      return result;
    } finally {
      this.isOpen = false;
    }
  }
}

const resultOf = (result: FakeResult): { readonly rows: Rows; readonly rowCount: number } =>
  'rows' in result ? result : { rows: result, rowCount: result.length };
