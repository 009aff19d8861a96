/** Longer than any `?wait` that is asked for: who does not answer by then never will. */
const ANSWER_WITHIN_MS = 120_000;

/** `Body`: what whoever asks counts on; expectations look at the rest. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** What a start answers, or another attempt at a run: which run it is. */
export interface Started {
  readonly id: string;
}

/** What events did, in the order in which they were sent. */
export interface EventsAnswer {
  readonly results: readonly EventResult[];
}

interface EventResult {
  readonly id: string;
  readonly outcome: string;
  readonly runs: readonly { readonly workflow: string; readonly id: string }[];
  readonly reasons?: readonly { readonly reason: string }[];
}

export async function requestTo<Body = unknown>(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<Body>> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  try {
    const response = await fetch(base + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) as Body };
  } catch (error) {
    throw new Error(`${method} ${path} was not answered: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
