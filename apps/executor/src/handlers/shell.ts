import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Json } from '@reprise/core';
import { childEnvironment, errorCode, type Limits } from '@reprise/service';
import { type Attempt, type HandlerDefinition, TaskError } from '@reprise/worker';
import { InputReader } from './read-input.js';
import { type ProgramEnd, runProgram } from './run-program.js';
import { refuseIfStopped, stoppedError } from './stopped.js';

const FIELDS = ['run', 'args', 'env', 'cwd', 'stdin'];
const CAPTURE_BYTES = 65_536;
const EXCERPT_CHARACTERS = 500;
const TAIL_CHARACTERS = 4_000;

/** `shell {run, args, env, cwd, stdin}` → `{exitCode, stdout, stderr}`. */
export function shellHandler(limits: Limits): HandlerDefinition {
  return {
    name: 'shell',
    effect: 'idempotent',
    attemptTimeoutMs: null,
    heartbeatTimeoutMs: null,
    retry: null,
    run: (input, attempt) => runShell(input, attempt, limits),
  };
}

async function runShell(given: Json, attempt: Attempt, limits: Limits): Promise<unknown> {
  const input = new InputReader('shell', given, FIELDS);
  const run = withoutNul(input, 'run', input.requiredText('run'));
  const args = input.scalars('args').map((arg, index) => withoutNul(input, `args[${index}]`, arg));
  const env = readEnvironment(input);
  const cwd = await readDirectory(input);
  const stdin = input.text('stdin') ?? '';
  refuseIfStopped(attempt);
  const end = await runProgram({
    command: '/bin/sh',
    args: ['-c', run, 'sh', ...args],
    env: { ...attemptEnvironment(attempt), ...env },
    cwd,
    stdin,
    captureBytes: Math.min(CAPTURE_BYTES, Math.max(2, Math.floor(limits.maxOutputBytes / 4))),
    onLine: (stream, line) => attempt.log.output(stream, line),
    signal: attempt.signal,
  }).catch((error: unknown) => {
    throw startFailure('shell', error);
  });
  if (attempt.signal.aborted) throw stoppedError(attempt);
  const exitCode = codeOf(end);
  if (exitCode !== 0) throw exitFailure(exitCode, end);
  return { exitCode, stdout: end.stdout, stderr: end.stderr };
}

/** What every program of a task finds in its environment. */
export function attemptEnvironment(attempt: Attempt): Record<string, string> {
  const { traceparent, tracestate } = attempt;
  return {
    ...childEnvironment(),
    REPRISE_KEY: attempt.key,
    REPRISE_FENCE: String(attempt.fence),
    // As OpenTelemetry hands its context on to programs.
    ...(traceparent === null ? {} : { TRACEPARENT: traceparent }),
    ...(tracestate === null ? {} : { TRACESTATE: tracestate }),
  };
}

/** A program that cannot be started: too long a command line will be too long again, a machine short of processes may recover. */
export function startFailure(call: string, cause: unknown): TaskError {
  const code = errorCode(cause) ?? 'UNKNOWN';
  const passes = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM'].includes(code);
  return new TaskError(`${call}.START`, `${call}: the program could not be started (${code})`, {
    ...(passes ? {} : { retryable: false }),
    details: { cause: code, happened: false },
    cause,
  });
}

/** As a shell says it: a program ended by signal n has the exit code 128 + n. */
function codeOf({ exitCode, signal }: ProgramEnd): number {
  return exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function exitFailure(exitCode: number, { signal, stdout, stderr }: ProgramEnd): TaskError {
  const said = stderr.trim().slice(-EXCERPT_CHARACTERS);
  const how = signal === null ? `exited with ${exitCode}` : `was ended by ${signal}`;
  return new TaskError(`exit.${exitCode}`, said === '' ? `the command ${how}` : `the command ${how}: ${said}`, {
    details: { exitCode, signal, stdout: stdout.slice(-TAIL_CHARACTERS), stderr: stderr.slice(-TAIL_CHARACTERS) },
  });
}

function readEnvironment(input: InputReader): Record<string, string> {
  const entries = input.scalarEntries('env').map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw input.refuse(`env.${name}`, 'is not a name for an environment variable');
    return [name, withoutNul(input, `env.${name}`, value)] as const;
  });
  return Object.fromEntries(entries);
}

/** Looked at first: Node reports a missing directory as a missing `/bin/sh`. */
async function readDirectory(input: InputReader): Promise<string | null> {
  const cwd = input.text('cwd');
  if (cwd === null) return null;
  const found = await stat(withoutNul(input, 'cwd', cwd)).catch(() => null);
  if (found === null) throw input.refuse('cwd', `does not exist on this executor: ${cwd}`);
  if (!found.isDirectory()) throw input.refuse('cwd', `is not a directory: ${cwd}`);
  return cwd;
}

function withoutNul(input: InputReader, name: string, text: string): string {
  if (text.includes('\0')) throw input.refuse(name, 'has a NUL character in it');
  return text;
}
