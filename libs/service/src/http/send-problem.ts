import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProblemError } from '../problem.js';

/** A step in front of the controllers, as Express calls it. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** How long what a caller still sends after it was refused is thrown away. */
const LINGER_MS = 5_000;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/** The caller's trace id (W3C `traceparent`), else a new one. The same for every call with one request. */
export function traceIdOf(request: IncomingMessage): string {
  let traceId = traceIds.get(request);
  if (traceId === undefined) {
    const given = TRACEPARENT.exec(String(request.headers.traceparent ?? ''))?.[1];
    traceId = given === undefined || /^0+$/.test(given) ? randomBytes(16).toString('hex') : given;
    traceIds.set(request, traceId);
  }
  return traceId;
}

const traceIds = new WeakMap<IncomingMessage, string>();

/** Answers with the problem, unless an answer has begun: then the connection is cut, so that half an answer is not taken for one. */
export function sendProblem(request: IncomingMessage, response: ServerResponse, problem: ProblemError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(problem.toBody(traceIdOf(request))));
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  const text = request.method === 'HEAD' ? undefined : body;
  if (request.complete || !hasBody(request)) response.end(text);
  else endWhenSent(request, response, body);
}

export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/**
 * A connection that is closed with bytes unread is reset, and the caller loses the answer that was on its way. So the answer goes out at
 * once, and the connection ends when the rest of the body has come.
 */
function endWhenSent(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.write(body);
  const timer = setTimeout(() => {
    response.end();
    request.destroy();
  }, LINGER_MS);
  request.once('end', () => response.end());
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
