import type { AttemptLogger } from '../handlers/attempt.js';

/** One line that a handler has logged, or a program that it ran has printed. */
export interface FakeLogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'stdout' | 'stderr';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what a handler logs, for a test to look at. */
export class FakeLog implements AttemptLogger {
  readonly lines: FakeLogLine[] = [];
  readonly debug = this.taking('debug');
  readonly info = this.taking('info');
  readonly warn = this.taking('warn');
  readonly error = this.taking('error');

  output(stream: 'stdout' | 'stderr', line: string): void {
    this.lines.push({ level: stream, message: line, fields: {} });
  }

  private taking(level: FakeLogLine['level']) {
    return (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      this.lines.push({ level, message, fields });
    };
  }
}
