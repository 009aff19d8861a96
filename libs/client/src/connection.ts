import { readEnvironment } from './read-environment.js';
import { type Problem, RepriseError, UnreachableError } from './reprise-error.js';

export interface ClientOptions {
  /** Where the monitor listens. Default: `REPRISE_URL` of the environment, else `http://127.0.0.1:3000`. */
  readonly url?: string;
  /** Sent as a bearer token. Default: `REPRISE_TOKEN` of the environment; null: none, whatever is set there. */
  readonly token?: string | null;
  /** Who acts, for a server that needs no token; one that does refuses it. */
  readonly actor?: string;
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** How long one request may take; default 30,000. */
  readonly requestTimeoutMs?: number;
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Values that are undefined or null are left out. */
  readonly query?: Readonly<Record<string, string | number | null | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; `text` is sent as it is. */
  readonly body?: unknown;
  readonly text?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Requests to one server. Answers are returned, problems and silence are thrown. */
export class Connection {
  readonly url: string;
  private readonly token: string | null;
  private readonly actor: string | null;
  private readonly send: typeof globalThis.fetch;
  private readonly requestTimeoutMs: number;

  constructor(options: ClientOptions) {
    this.url = (options.url ?? readEnvironment('REPRISE_URL') ?? 'http://127.0.0.1:3000').replace(/\/+$/, '');
    this.token = (options.token === undefined ? readEnvironment('REPRISE_TOKEN') : options.token) ?? null;
    this.actor = options.actor ?? null;
    this.send = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
  }

  /** @throws RepriseError, UnreachableError; the signal's reason when it was aborted */
  async ask(path: string, asked: Asked = {}): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.requestTimeoutMs);
    const signal = asked.signal === undefined ? timeout : AbortSignal.any([asked.signal, timeout]);
    const { text, status, headers } = await this.exchange(path, asked, signal);
    const parsed = parse(text);
    if (status >= 200 && status < 300 && parsed.kind === 'json') return { status, body: parsed.value };
    if (status >= 200 && status < 300) {
      const detail = `${this.url} does not answer like Reprise: is this the right address?`;
      throw new RepriseError(status, { code: 'not_reprise', detail });
    }
    throw new RepriseError(status, problemOf(parsed, status), retryAfterOf(headers));
  }

  private async exchange(path: string, asked: Asked, signal: AbortSignal) {
    const init: RequestInit = { method: asked.method ?? 'GET', headers: this.headersOf(asked), signal, redirect: 'manual' };
    const body = asked.text ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
    try {
      const answer = await this.send(`${this.url}${path}${queryOf(asked.query)}`, body === undefined ? init : { ...init, body });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    } catch (error) {
      if (asked.signal?.aborted === true) throw asked.signal.reason;
      throw new UnreachableError(this.url, error);
    }
  }

  private headersOf(asked: Asked): Record<string, string> {
    return {
      accept: 'application/json',
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
      ...(this.actor === null ? {} : { 'reprise-actor': this.actor }),
      ...asked.headers,
    };
  }
}

function queryOf(query: Asked['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== null && value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search}`;
}

type Parsed = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'other' };

function parse(text: string): Parsed {
  if (text === '') return { kind: 'json', value: null };
  try {
    return { kind: 'json', value: JSON.parse(text) };
  } catch {
    return { kind: 'other' };
  }
}

function problemOf(parsed: Parsed, status: number): Problem {
  if (parsed.kind === 'json' && typeof parsed.value === 'object' && parsed.value !== null) return parsed.value as Problem;
  return { status, detail: `the server answered ${status} without saying more` };
}

function retryAfterOf(headers: Headers): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}
