/** RFC 9457 problem, as Reprise answers it. */
export interface Problem {
  readonly status?: number;
  /** Stable, for programs: `run_not_found`, `invalid_input` … */
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly errors?: readonly { readonly path?: string; readonly message?: string; readonly [member: string]: unknown }[];
  readonly traceId?: string;
  readonly [member: string]: unknown;
}

/** The server has answered, and it was not what was hoped for. */
export class RepriseError extends Error {
  override readonly name = 'RepriseError';
  readonly code: string;

  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** What the server asks to wait before the same again; null: it does not say. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(problem.detail ?? problem.title ?? `the server answered ${status}`);
    this.code = problem.code ?? `http_${status}`;
  }
}

/** Nobody answers at this address, or not in time. Whether the request has arrived is not known: send it again with the same key. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'UNREACHABLE';

  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`cannot reach ${url}: ${reasonOf(cause)}`, { cause });
  }
}

/** The run goes on; only the waiting for it has ended. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
  readonly code = 'WAIT_TIMEOUT';

  constructor(
    readonly run: string,
    readonly timeoutMs: number,
  ) {
    super(`run ${run} has not ended within ${timeoutMs} ms`);
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  UND_ERR_SOCKET: 'what listens there does not speak HTTP, or went away',
};

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner: unknown = cause.cause;
  const code = typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : null;
  if (code !== null && code !== 'undefined') return Object.hasOwn(MEANINGS, code) ? `${MEANINGS[code]} (${code})` : code;
  return inner instanceof Error && inner.message !== '' ? inner.message : cause.message;
}
