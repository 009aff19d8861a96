import { STATUS_CODES } from 'node:http';

/** One of several things wrong with a request. `path` points into the body; further members as the endpoint documents. */
export interface ProblemDetail {
  readonly path?: string;
  readonly message: string;
  readonly [member: string]: unknown;
}

export interface ProblemFields {
  readonly status: number;
  /** Stable, for programs: lower case with underscores (`invalid_json`). */
  readonly code: string;
  /** For people: what is wrong with this request. */
  readonly detail: string;
  /** The same for every problem of this status; default: the status' own phrase. */
  readonly title?: string;
  readonly hint?: string;
  readonly errors?: readonly ProblemDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An answer that is not the one hoped for, as RFC 9457 `application/problem+json`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly errors: readonly ProblemDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(fields: ProblemFields) {
    super(fields.detail, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.status = fields.status;
    this.code = fields.code;
    this.title = fields.title ?? STATUS_CODES[fields.status] ?? 'Error';
    this.detail = fields.detail;
    this.hint = fields.hint;
    this.errors = fields.errors;
    this.headers = fields.headers ?? {};
  }

  /** The body of the answer. */
  toBody(traceId: string): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: this.title,
      status: this.status,
      code: this.code,
      detail: this.detail,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.errors === undefined ? {} : { errors: this.errors }),
      traceId,
    };
  }
}
