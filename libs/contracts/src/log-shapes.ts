import type { Instant } from './http-shapes.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A line that an attempt has written. */
export interface LogLine {
  /** By the executor's clock. */
  readonly at: Instant;
  readonly level: LogLevel;
  /** `log`: written by the handler; else by the program that it ran. */
  readonly source: 'log' | 'stdout' | 'stderr';
  readonly message: string;
  /** What the handler gave along; null: nothing. */
  readonly fields: unknown;
  /** It was longer. */
  readonly cut: boolean;
}

/** All that is kept of what an attempt has written. */
export interface AttemptLogView {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  /** `skipped`: so many lines before this one were left out. */
  readonly items: readonly (LogLine & { readonly skipped: number })[];
  /** A log is given in one. */
  readonly next: null;
  /** Whether lines were left out, or cut. */
  readonly truncated: boolean;
}
