import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { TaskError } from '@reprise/worker';
import { type HttpRequest, shownUrl } from './http-request.js';

export interface HttpAnswer {
  /** The last one sent, after redirects. */
  readonly request: HttpRequest;
  readonly response: IncomingMessage;
}

const MOST_REDIRECTS = 3;
/** Of a name with several addresses each gets this long before the next is tried; the default of 250 ms gives up on distant ones. */
const CONNECTING = { autoSelectFamilyAttemptTimeout: 1_000 };
const FOLLOWED = new Set([301, 302, 303, 307, 308]);
/** What another host may see; everything else could be a credential meant for the first one. */
const FOR_EVERYONE = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-reprise-fence',
]);

/** A network error, and whether anything can have been done by then. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';

  constructor(
    readonly request: HttpRequest,
    readonly isFirst: boolean,
    cause: unknown,
  ) {
    super('no answer', { cause });
  }
}

/** Sends a request and follows up to three redirects. The response's body has not been read. */
export async function exchange(first: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  let request = first;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(request, signal).catch((cause: unknown) => {
      throw new ExchangeError(request, redirects === 0, cause);
    });
    const next = redirected(request, response);
    if (next === null) return { request, response };
    response.destroy();
    if (redirects === MOST_REDIRECTS) throw refusedRedirect(request, response, `redirected more than ${MOST_REDIRECTS} times`);
    request = next;
  }
}

function send({ method, url, headers, body }: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    // A connection of its own: one kept alive may be closed by the server just as it is used, and nobody would know what became of the request.
    const outgoing = start(url, { method, headers, signal, agent: false, ...CONNECTING });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    if (body === null) outgoing.end();
    else {
      outgoing.setHeader('content-length', body.length);
      outgoing.end(body);
    }
  });
}

function redirected(request: HttpRequest, response: IncomingMessage): HttpRequest | null {
  const status = response.statusCode ?? 0;
  const { location } = response.headers;
  if (!FOLLOWED.has(status) || location === undefined) return null;
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw refusedRedirect(request, response, 'redirected to something that is not http');
  }
  if (request.url.protocol === 'https:' && url.protocol === 'http:') {
    throw refusedRedirect(request, response, 'redirected from https to http');
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  const becomesGet = (status === 303 && request.method !== 'HEAD') || (status < 303 && request.method === 'POST');
  return {
    method: becomesGet ? 'GET' : request.method,
    url,
    headers: headersFor(request, url, becomesGet),
    body: becomesGet ? null : request.body,
  };
}

function headersFor(request: HttpRequest, url: URL, becomesGet: boolean): Record<string, string> {
  const sameOrigin = request.url.origin === url.origin;
  return Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => {
      if (becomesGet && (name === 'content-type' || name === 'idempotency-key')) return false;
      return sameOrigin || FOR_EVERYONE.has(name);
    }),
  );
}

function refusedRedirect({ method, url }: HttpRequest, response: IncomingMessage, what: string): TaskError {
  response.destroy();
  return new TaskError(`http.${response.statusCode}`, `${method} ${shownUrl(url)} ${what}`, { retryable: false });
}
