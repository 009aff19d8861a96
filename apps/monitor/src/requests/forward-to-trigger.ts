import type { IncomingMessage, ServerResponse } from 'node:http';
import { isError, type Logger, ProblemError, receivedBody, unreachableCode } from '@reprise/service';

/** Of this connection, or answered here already. A page's Origin was checked against our own Host, which the trigger does not have. */
const NOT_PASSED = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
  'accept-encoding',
  'origin',
  'cookie',
]);
const ANSWERED = ['content-type', 'location', 'idempotent-replayed', 'retry-after', 'allow', 'www-authenticate', 'link'];

export interface ForwardOptions {
  /** Asked at every request: in one process the trigger's port may be any. */
  readonly triggerUrl: () => string;
  /** Aborted when draining begins. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Hands a request to the trigger as it came, and its answer back as it came. */
export class ForwardToTrigger {
  constructor(private readonly options: ForwardOptions) {}

  async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    try {
      const answer = await this.ask(request, AbortSignal.any([gone.signal, this.options.signal]));
      const body = Buffer.from(await answer.arrayBuffer());
      for (const name of ANSWERED) {
        const value = answer.headers.get(name);
        if (value !== null) response.setHeader(name, value);
      }
      response.writeHead(answer.status, { 'content-length': body.length });
      response.end(body);
    } catch (error) {
      if (gone.signal.aborted) return;
      throw this.problemOf(error);
    } finally {
      response.off('close', leave);
    }
  }

  private ask(request: IncomingMessage, signal: AbortSignal): Promise<Response> {
    const { bytes, kind } = receivedBody(request);
    const url = `${this.options.triggerUrl().replace(/\/+$/, '')}${request.url ?? '/'}`;
    const body = kind === 'none' ? null : new Uint8Array(bytes);
    return fetch(url, { method: request.method ?? 'GET', headers: passedHeaders(request), body, redirect: 'manual', signal });
  }

  private problemOf(error: unknown): unknown {
    const draining = this.options.signal.aborted;
    const code = unreachableCode(error);
    if (!draining && code === null && !isNetworkError(error)) return error;
    if (!draining) this.options.logger.warn({ code, url: this.options.triggerUrl() }, 'the trigger cannot be reached');
    return new ProblemError({
      status: 503,
      code: draining ? 'shutting_down' : 'trigger_unreachable',
      detail: draining ? 'This service is shutting down.' : 'What starts runs, the trigger, cannot be reached now.',
      hint: 'Send it again; with the same Idempotency-Key (or event id) nothing happens twice.',
      headers: { 'retry-after': '2' },
      cause: error,
    });
  }
}

/** undici reports a broken connection as a TypeError whose cause tells more, not always with a code we know. */
const isNetworkError = (error: unknown): boolean => isError(error) && /^(fetch failed|terminated)$/.test(error.message);

function passedHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || NOT_PASSED.has(name) || name.startsWith('sec-')) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
  }
  return headers;
}
