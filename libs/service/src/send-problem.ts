import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProblemError } from './problem.js';

/** A step in front of the controllers, as Express calls it. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

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
  response.end(request.method === 'HEAD' ? undefined : body);
}
