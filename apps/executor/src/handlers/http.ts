import type { Json } from '@reprise/core';
import type { Limits } from '@reprise/service';
import type { Attempt, HandlerDefinition } from '@reprise/worker';
import { decodeBody, readBytes } from './http-body.js';
import { ExchangeError, exchange, type HttpAnswer } from './http-exchange.js';
import { brokenFailure, networkFailure, statusFailure, timeoutFailure, tooLargeFailure } from './http-failure.js';
import { HTTP_FIELDS, type HttpRequest, readHttpRequest } from './http-request.js';
import { InputReader } from './read-input.js';
import { refuseIfStopped, stoppedError } from './stopped.js';

const LONGEST_TIMER_MS = 2_147_483_647;

/** `http {method, url, headers, query, body, timeout}` → `{status, headers, body}`. */
export function httpHandler(limits: Limits): HandlerDefinition {
  return {
    name: 'http',
    effect: 'idempotent',
    attemptTimeoutMs: null,
    heartbeatTimeoutMs: null,
    retry: null,
    run: (input, attempt) => runHttp(input, attempt, limits),
  };
}

async function runHttp(given: Json, attempt: Attempt, limits: Limits): Promise<unknown> {
  const input = new InputReader('http', given, HTTP_FIELDS);
  const timeoutMs = input.duration('timeout');
  const request = readHttpRequest(input, attempt);
  refuseIfStopped(attempt);
  const late = new AbortController();
  const timer = timeoutMs === null ? undefined : setTimeout(() => late.abort(), Math.min(timeoutMs, LONGEST_TIMER_MS));
  try {
    return await answered(await exchange(request, AbortSignal.any([attempt.signal, late.signal])), limits);
  } catch (error) {
    if (attempt.signal.aborted) throw stoppedError(attempt);
    if (late.signal.aborted) throw timeoutFailure(request, timeoutMs ?? 0);
    throw error instanceof ExchangeError ? networkFailure(error) : error;
  } finally {
    clearTimeout(timer);
  }
}

async function answered(answer: HttpAnswer, limits: Limits): Promise<unknown> {
  const { request, response } = answer;
  const status = response.statusCode ?? 0;
  if (status >= 400) throw await statusFailure(answer);
  const bytes = await bodyOf(request, response, limits.maxOutputBytes);
  const decoded = decodeBody(bytes, response.headers['content-type'], limits.maxDepth);
  return { status, headers: response.headers, ...decoded };
}

async function bodyOf(request: HttpRequest, response: HttpAnswer['response'], maximumBytes: number): Promise<Buffer> {
  if (request.method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304) {
    response.destroy();
    return Buffer.alloc(0);
  }
  const read = await readBytes(response, maximumBytes).catch((cause: unknown) => {
    throw brokenFailure(request, cause);
  });
  if (read.kind === 'cut') throw tooLargeFailure(request, maximumBytes);
  return read.bytes;
}
