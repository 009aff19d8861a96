import { Agent, request as askHttp, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as askHttps, Agent as SecureAgent } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { type Logger, ProblemError, receivedBody, unreachableCode } from '@reprise/service';

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

/** Shorter than servers keep a connection: one that is being closed would lose the next request. */
const UNUSED_MS = 4_000;
/** As long as `fetch` allows. */
const CONNECT_MS = 10_000;
const AGENT = new Agent({ keepAlive: true, timeout: UNUSED_MS });
const SECURE_AGENT = new SecureAgent({ keepAlive: true, timeout: UNUSED_MS });

interface Answer {
  readonly head: IncomingMessage;
  readonly body: Buffer;
}

/** No whole answer came. */
class Unanswered extends Error {
  override readonly name = 'Unanswered';
  readonly code = 'TRIGGER_UNANSWERED';
}

export interface ForwardOptions {
  /** Asked at every request: in one process the trigger's port may be any. */
  readonly triggerUrl: () => string;
  /** Aborted when draining begins. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** How long a new connection to the trigger may take; default ten seconds. */
  readonly connectMs?: number;
}

/** Hands a request to the trigger as it came, and its answer back as it came. */
export class ForwardToTrigger {
  constructor(private readonly options: ForwardOptions) {}

  async forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    try {
      const { head, body } = await this.ask(request, AbortSignal.any([gone.signal, this.options.signal]));
      for (const name of ANSWERED) {
        const value = head.headers[name];
        if (value !== undefined) response.setHeader(name, value);
      }
      response.writeHead(head.statusCode ?? 502, { 'content-length': body.length });
      response.end(body);
    } catch (error) {
      if (gone.signal.aborted) return;
      throw this.problemOf(error);
    } finally {
      response.off('close', leave);
    }
  }

  /** Waits for as long as it takes: `fetch` gives up after five minutes, and `?wait` may be longer. */
  private ask(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const { bytes, kind } = receivedBody(request);
    const url = new URL(`${this.options.triggerUrl().replace(/\/+$/, '')}${request.url ?? '/'}`);
    const secure = url.protocol === 'https:';
    const options = {
      method: request.method ?? 'GET',
      headers: { ...passedHeaders(request), ...(kind === 'none' ? {} : { 'content-length': String(bytes.length) }) },
      agent: secure ? SECURE_AGENT : AGENT,
      signal,
    };
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => reject(new Unanswered('the trigger has not answered', { cause }));
      const outgoing = (secure ? askHttps : askHttp)(url, options, (head) => {
        buffer(head).then((body) => resolve({ head, body }), fail);
      });
      outgoing.on('error', fail);
      limitConnecting(outgoing, secure, this.options.connectMs ?? CONNECT_MS);
      outgoing.end(kind === 'none' ? undefined : bytes);
    });
  }

  private problemOf(error: unknown): unknown {
    const draining = this.options.signal.aborted;
    const code = unreachableCode(error);
    if (!draining && !(error instanceof Unanswered)) return error;
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

/** The answer may take its time, the connection may not. */
function limitConnecting(outgoing: ClientRequest, secure: boolean, withinMs: number): void {
  outgoing.once('socket', (socket) => {
    if (outgoing.reusedSocket) return;
    const late = Object.assign(new Error(`no connection within ${withinMs} ms`), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => outgoing.destroy(late), withinMs);
    const clear = (): void => clearTimeout(timer);
    socket.once(secure ? 'secureConnect' : 'connect', clear).once('close', clear);
  });
}

function passedHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !NOT_PASSED.has(name) && !name.startsWith('sec-')) passed[name] = value;
  }
  return passed;
}
