import { pino } from 'pino';
import { isError } from '../error-code.js';
import { redact } from '../redact.js';
import { prettyLine } from './pretty-line.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
type Log = (fields: object, message: string) => void;

/** JSON lines on stdout. Put an error under `error` (its code, cause and stack are kept) and ids under their names. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  /** A logger whose every line carries `bindings`. */
  child(bindings: object): Logger;
  /** Whether lines of this level are written; ask before computing costly fields. */
  enabled(level: LogLevel): boolean;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level?: LogLevel;
  /** Short lines for people instead of JSON; in colour when stdout is a terminal. */
  readonly pretty?: boolean;
  /** Where finished lines go; default: stdout, synchronously, so that a line before a crash is seen. */
  readonly write?: (line: string) => void;
}

export function createLogger(options: LoggerOptions): Logger {
  const out = options.write ?? stdoutWriter();
  const colour = options.write === undefined && process.stdout.isTTY === true;
  const write = (line: string): void => out(redact(options.pretty === true ? prettyLine(line, colour) : line));
  const root = pino(
    {
      level: options.level ?? 'info',
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: 'message',
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorFields, err: errorFields },
    },
    { write },
  );
  return wrap(root);
}

/** A logger that writes nothing. */
export const silentLogger: Logger = Object.freeze({
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
  enabled: () => false,
});

function wrap(target: pino.Logger): Logger {
  return {
    debug: (fields, message) => target.debug(fields, message),
    info: (fields, message) => target.info(fields, message),
    warn: (fields, message) => target.warn(fields, message),
    error: (fields, message) => target.error(fields, message),
    child: (bindings) => wrap(target.child(bindings)),
    enabled: (level) => target.isLevelEnabled(level),
  };
}

function stdoutWriter(): (line: string) => void {
  const destination = pino.destination({ fd: 1, sync: true });
  return (line) => void destination.write(line);
}

const DEEPEST_CAUSE = 8;
const LONGEST_TEXT = 16_384;

/** Handlers throw whatever they like: one error must not become a line of megabytes. */
const clipped = (text: string | undefined): string | undefined =>
  text !== undefined && text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}… (${text.length} characters)` : text;

function errorFields(error: unknown, depth = 0): unknown {
  if (!isError(error)) return error;
  const { name, message, stack, cause } = error;
  const causes =
    error instanceof AggregateError && depth < DEEPEST_CAUSE
      ? error.errors.map((each) => errorFields(each, depth + 1))
      : undefined;
  return {
    ...error,
    name,
    message: clipped(message),
    stack: clipped(stack),
    ...(cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: errorFields(cause, depth + 1) }),
    ...(causes === undefined ? {} : { errors: causes }),
  };
}
