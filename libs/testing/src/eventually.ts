export interface Patience {
  /** What is waited for, for the failure's message. */
  readonly what: string;
  readonly timeoutMs?: number;
}

type Asked<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'late' };

/** What passes costs none of it; on a machine with ten processes to a core the rest of them goes first. */
const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;

/**
 * Asks again, with growing pauses, until `check` neither throws nor answers false, and returns its answer: `check` may assert or ask.
 * The failure says what was waited for, and bears the last error as its cause; a check that never answers fails in time as well.
 */
export async function eventually<Value>(
  check: () => Value | Promise<Value>,
  { what, timeoutMs = PATIENCE_MS }: Patience,
): Promise<Exclude<Value, false>> {
  const until = performance.now() + timeoutMs;
  let last: unknown;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const asked = await ask(check, until);
    if (asked.kind === 'answered' && asked.value !== false) return asked.value as Exclude<Value, false>;
    const before = last === undefined ? '' : `; before that: ${text(last)}`;
    if (asked.kind === 'failed') last = asked.error;
    else last = new Error(asked.kind === 'late' ? `the check has not answered${before}` : 'the answer was false');
    if (asked.kind === 'late' || performance.now() + pauseMs > until) {
      throw new Error(`not within ${timeoutMs} ms: ${what}; last: ${text(last)}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** A request that hangs would otherwise outlast every patience, and the test runner's would have no words for it. */
async function ask<Value>(check: () => Value | Promise<Value>, until: number): Promise<Asked<Value>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Asked<Value>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), until - performance.now());
  });
  const asked = Promise.resolve()
    .then(check)
    .then(
      (value): Asked<Value> => ({ kind: 'answered', value }),
      (error: unknown): Asked<Value> => ({ kind: 'failed', error }),
    );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));
