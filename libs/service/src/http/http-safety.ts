import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Identities, identify } from '../identity.js';
import { ProblemError } from '../problem.js';
import { isLoopbackHost } from '../settings/settings.js';
import { type Middleware, sendProblem } from './send-problem.js';

/** Without tokens everybody who reaches the port may do everything (loopback only). */
export interface HttpSafetyOptions extends Identities {
  /** Whether the server listens on loopback only. */
  readonly loopback: boolean;
  /** Further host names (`reprise.example` or `reprise.example:8443`) that `Host` and `Origin` may carry. */
  readonly publicHosts: readonly string[];
  /** What a browser loads before a person can give their token: pages and scripts without data. Default: none. */
  readonly pages?: readonly string[];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const READING = ['GET', 'HEAD', 'OPTIONS'];
const FORM_TYPES = /^(text\/plain|application\/x-www-form-urlencoded|multipart\/)/i;
/** Probes come without credentials and by address: kubelets and load balancers send whatever `Host` they like. */
const OPEN_PATHS = ['/healthz', '/readyz'];

/** Webhooks are let in by their signatures, which the trigger checks; one without asks for a token there. */
const SIGNED_PATH = /^\/v1\/hooks\/./;

/**
 * In front of everything: a web page the user happens to visit must not reach a machine that runs shell tasks, by DNS
 * rebinding (Host), by a cross-origin request (Origin, Sec-Fetch-Site) or by a form (content types a form can send).
 * Then the bearer token: for every path but `/healthz`, `/readyz`, webhooks and pages; `/metrics` needs it too, since labels name workflows.
 */
export function httpSafety(options: HttpSafetyOptions): Middleware {
  const identified = identify(options);
  return (request, response, next) => {
    securityHeaders(response);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const open = OPEN_PATHS.includes(path);
    const unidentified = open ? null : identified(request);
    const signed = request.method === 'POST' && SIGNED_PATH.test(path);
    const page = READING.includes(request.method ?? '') && options.pages?.includes(path) === true;
    const problem =
      checkMethod(request) ??
      checkUrl(request) ??
      (open || isScrape(path, options) ? null : checkHost(request, options)) ??
      checkOrigin(request, options) ??
      (signed || page ? null : unidentified) ??
      checkContent(request);
    if (problem === null) next();
    else sendProblem(request, response, problem);
  };
}

function securityHeaders(response: ServerResponse): void {
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  );
}

function checkMethod(request: IncomingMessage): ProblemError | null {
  if (METHODS.includes(request.method ?? '')) return null;
  return new ProblemError({
    status: 405,
    code: 'method_not_allowed',
    detail: `The method ${request.method} is not allowed.`,
    headers: { allow: METHODS.join(', ') },
  });
}

/** Neither names nor ids have a NUL, and no database takes one: it would be an error of ours further in. */
function checkUrl(request: IncomingMessage): ProblemError | null {
  if (!/%00/.test(request.url ?? '')) return null;
  return new ProblemError({ status: 400, code: 'invalid_url', detail: 'The URL has a NUL character in it.' });
}

/** Prometheus finds its targets by address, and the name it would have to give is not its to choose; its token tells who it is. */
const isScrape = (path: string, { loopback }: HttpSafetyOptions): boolean => !loopback && path === '/metrics';

function checkHost(request: IncomingMessage, options: HttpSafetyOptions): ProblemError | null {
  // Off loopback without named hosts the token alone decides: a rebound page has none.
  if (!options.loopback && options.publicHosts.length === 0) return null;
  const host = request.headers.host ?? '';
  if (isAllowedHost(host, options)) return null;
  return new ProblemError({
    status: 403,
    code: 'host_not_allowed',
    detail: `The Host header "${host.slice(0, 200)}" is not a name of this server.`,
    hint: 'Use localhost or 127.0.0.1, or name the host in REPRISE_PUBLIC_HOSTS.',
  });
}

function checkOrigin(request: IncomingMessage, options: HttpSafetyOptions): ProblemError | null {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const changing = !READING.includes(request.method ?? '');
  if (origin === undefined) return changing && site === 'cross-site' ? foreignOrigin('another site') : null;
  const from = URL.canParse(origin) ? new URL(origin).host : null;
  const same = from !== null && (from === host?.toLowerCase() || isAllowedHost(from, options));
  return same ? null : foreignOrigin(`"${origin.slice(0, 200)}"`);
}

function foreignOrigin(from: string): ProblemError {
  return new ProblemError({
    status: 403,
    code: 'origin_not_allowed',
    detail: `Requests from web pages of ${from} are refused.`,
    hint: 'Name the host in REPRISE_PUBLIC_HOSTS if it is yours.',
  });
}

function isAllowedHost(host: string, options: HttpSafetyOptions): boolean {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  return (
    isLoopbackHost(name) ||
    options.publicHosts.some((allowed) => allowed.toLowerCase() === name || allowed.toLowerCase() === host.toLowerCase())
  );
}

function checkContent(request: IncomingMessage): ProblemError | null {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity') {
    // Never inflated: 130 KB of gzip can become 128 MiB.
    return new ProblemError({
      status: 415,
      code: 'unsupported_content_encoding',
      detail: `Bodies encoded with "${encoding.slice(0, 50)}" are refused; send them as they are.`,
      headers: { 'accept-encoding': 'identity', connection: 'close' },
    });
  }
  const type = request.headers['content-type'] ?? '';
  if (!FORM_TYPES.test(type) || READING.includes(request.method ?? '')) return null;
  return new ProblemError({
    status: 415,
    code: 'unsupported_media_type',
    detail: `Bodies of type "${type.slice(0, 100)}" are refused.`,
    hint: 'Send application/json.',
    headers: { connection: 'close' },
  });
}
