import type { IncomingMessage } from 'node:http';
import { errorCode, isError, systemClock } from '@reprise/service';
import { TaskError } from '@reprise/worker';
import { readBytes } from './http-body.js';
import type { ExchangeError, HttpAnswer } from './http-exchange.js';
import { type HttpRequest, shownUrl } from './http-request.js';
import { retryAfterMs } from './retry-after.js';

const EXCERPT_CHARACTERS = 500;
/** The server asks for another try: too slow a request, too early, too many. */
const WORTH_A_RETRY = new Set([408, 425, 429]);

/** An answer of 400 or above. */
export async function statusFailure({ request, response }: HttpAnswer): Promise<TaskError> {
  const status = response.statusCode ?? 0;
  const excerpt = await excerptOf(response);
  const waitMs = retryAfterMs(response.headers['retry-after'], response.headers.date, systemClock.now());
  const heading = `${request.method} ${shownUrl(request.url)} answered ${status} ${response.statusMessage ?? ''}`.trimEnd();
  return new TaskError(`http.${status}`, excerpt === '' ? heading : `${heading}: ${excerpt}`, {
    ...(status < 500 && !WORTH_A_RETRY.has(status) ? { retryable: false } : {}),
    ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
    details: { status },
    ...(isRefusal(status) ? { happened: false } : {}),
  });
}

/** The server has not done what it was asked to. A conflict may be with what an earlier attempt has done. */
const isRefusal = (status: number): boolean => status < 500 && status !== 408 && status !== 409;

/** Without a body that can be read the status still stands. */
async function excerptOf(response: IncomingMessage): Promise<string> {
  try {
    const { bytes } = await readBytes(response, EXCERPT_CHARACTERS * 4);
    return new TextDecoder().decode(bytes).trim().slice(0, EXCERPT_CHARACTERS);
  } catch {
    return '';
  }
}

const BEFORE_SENDING = new Set(['getaddrinfo', 'connect']);

/** No answer at all. `details.happened: false`: no connection came about, so the server cannot have done anything. */
export function networkFailure({ request, isFirst, cause }: ExchangeError): TaskError {
  const code = errorCode(cause) ?? 'UNKNOWN';
  const neverSent = isFirst && causes(cause).every((each) => 'syscall' in each && BEFORE_SENDING.has(String(each.syscall)));
  return new TaskError('http.NETWORK', `${heading(request)} got no answer: ${reasonOf(cause)}`, {
    details: { cause: code, ...(neverSent ? { happened: false } : {}) },
    cause,
  });
}

/** The answer began and broke off, or cannot be decompressed. */
export function brokenFailure(request: HttpRequest, cause: unknown): TaskError {
  const code = errorCode(cause) ?? 'UNKNOWN';
  return new TaskError('http.NETWORK', `${heading(request)}: the answer broke off: ${reasonOf(cause)}`, {
    details: { cause: code },
    cause,
  });
}

export function timeoutFailure(request: HttpRequest, timeoutMs: number): TaskError {
  return new TaskError('http.TIMEOUT', `${heading(request)} was not answered within ${timeoutMs} ms`);
}

export function tooLargeFailure(request: HttpRequest, maximumBytes: number): TaskError {
  const message = `${heading(request)}: the answer is larger than ${maximumBytes} bytes (REPRISE_MAX_OUTPUT_BYTES)`;
  return new TaskError('http.TOO_LARGE', message, { retryable: false });
}

const heading = ({ method, url }: HttpRequest): string => `${method} ${shownUrl(url)}`;

/** A name with several addresses fails with one error for each. */
const causes = (error: unknown): readonly Error[] =>
  isError(error) ? ('errors' in error && Array.isArray(error.errors) ? error.errors : [error]) : [new Error(String(error))];

function reasonOf(cause: unknown): string {
  const code = errorCode(cause);
  const [first] = causes(cause);
  const message = first === undefined || first.message === '' ? 'unknown' : first.message;
  return code === null || message.includes(code) ? message : `${message} (${code})`;
}
