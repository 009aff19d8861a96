import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, type ExceptionFilter, HttpException } from '@nestjs/common';
import { isError } from '../error-code.js';
import { unreachableCode } from '../health/unreachable.js';
import type { Logger } from '../logging/logger.js';
import { ProblemError } from '../problem.js';
import { declaredMethods } from './declared-methods.js';
import { sendProblem, traceIdOf } from './send-problem.js';

/** Turns everything a request can fail with into `application/problem+json`. Without `@Catch` it catches all. */
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<IncomingMessage>();
    const response = http.getResponse<ServerResponse>();
    const problem = this.problemOf(error, request);
    if (problem.status >= 500) this.report(error, problem, request);
    sendProblem(request, response, problem);
  }

  private problemOf(error: unknown, request: IncomingMessage): ProblemError {
    if (error instanceof ProblemError) return error;
    if (error instanceof HttpException) return fromStatus(error.getStatus(), error.message, request);
    const unreachable = unreachableCode(error);
    if (unreachable !== null) {
      return new ProblemError({
        status: 503,
        code: 'unavailable',
        detail: 'The database or the message broker cannot be reached now, or has no room. Nothing was lost; try again.',
        headers: { 'retry-after': '2' },
        cause: error,
      });
    }
    const status = clientErrorStatus(error);
    if (status !== null) return fromStatus(status, isError(error) ? error.message : 'The request is wrong.', request);
    return new ProblemError({
      status: 500,
      code: 'internal',
      detail: 'This is a fault of Reprise, not of the request. The log tells more under this traceId.',
      cause: error,
    });
  }

  private report(error: unknown, problem: ProblemError, request: IncomingMessage): void {
    const fields = {
      traceId: traceIdOf(request),
      method: request.method,
      path: (request.url ?? '').split('?', 1)[0],
      status: problem.status,
    };
    if (problem.status === 503)
      this.logger.warn({ ...fields, code: unreachableCode(error) ?? problem.code }, 'a request was refused for now');
    else this.logger.error({ ...fields, error }, 'a request failed');
  }
}

/** Express and its parsers mark an error that is the caller's with `status` 4xx. */
function clientErrorStatus(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('status' in error) || typeof error.status !== 'number') return null;
  return error.status >= 400 && error.status < 500 ? error.status : null;
}

function fromStatus(status: number, message: string, request: IncomingMessage): ProblemError {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (status === 404 && message.startsWith(`Cannot ${request.method} `)) {
    const methods = declaredMethods(request, path);
    if (methods.length > 0) {
      return new ProblemError({
        status: 405,
        code: 'method_not_allowed',
        detail: `${request.method} is not allowed here; ${methods.join(', ')} ${methods.length === 1 ? 'is' : 'are'}.`,
        headers: { allow: methods.join(', ') },
      });
    }
    return new ProblemError({ status: 404, code: 'not_found', detail: `There is nothing at ${path.slice(0, 200)}.` });
  }
  const code = (STATUS_CODES[status] ?? 'error').toLowerCase().replace(/[^a-z]+/g, '_');
  return new ProblemError({ status, code, detail: status >= 500 ? (STATUS_CODES[status] ?? 'Error') : message });
}
