import { type Json, measureJson } from '@reprise/core';
import type { Limits } from '@reprise/service';
import { type Attempt, type HandlerDefinition, TaskError } from '@reprise/worker';
import { InputReader } from './read-input.js';
import { type ProgramEnd, runProgram } from './run-program.js';
import { SCRIPT_RUNNER } from './script-runner.js';
import { attemptEnvironment, startFailure } from './shell.js';
import { refuseIfStopped, stoppedError } from './stopped.js';

const FIELDS = ['code', 'args'];
const MEMORY_MB = 128;
const CAPTURE_BYTES = 16_384;
const EXCERPT_CHARACTERS = 500;

/** What `SCRIPT_RUNNER` answers. */
type Answer =
  | { readonly kind: 'returned'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-json'; readonly message: string }
  | { readonly kind: 'syntax'; readonly message: string; readonly line: number | null }
  | {
      readonly kind: 'threw';
      readonly name: string | null;
      readonly message: string;
      readonly line: number | null;
      readonly code: string | null;
      readonly retryable: boolean | null;
      readonly retryAfterMs: number | null;
    };

/** `script {code, args}` → what the code returns. */
export function scriptHandler(limits: Limits): HandlerDefinition {
  return {
    name: 'script',
    effect: 'idempotent',
    attemptTimeoutMs: null,
    heartbeatTimeoutMs: null,
    retry: null,
    run: (input, attempt) => runScript(input, attempt, limits),
  };
}

async function runScript(given: Json, attempt: Attempt, limits: Limits): Promise<unknown> {
  const input = new InputReader('script', given, FIELDS);
  const code = input.requiredText('code');
  const maximumBytes = limits.maxOutputBytes;
  refuseIfStopped(attempt);
  const end = await runProgram({
    command: process.execPath,
    args: [`--max-old-space-size=${MEMORY_MB}`, '--input-type=module', '--eval', SCRIPT_RUNNER],
    env: attemptEnvironment(attempt),
    cwd: null,
    stdin: JSON.stringify({ code, args: input.value('args'), maximumBytes }),
    captureBytes: CAPTURE_BYTES,
    // The result is a text inside the answer: its escapes take room too.
    answerBytes: maximumBytes * 2 + 65_536,
    onLine: (stream, line) => attempt.log.output(stream, line),
    signal: attempt.signal,
  }).catch((error: unknown) => {
    throw startFailure('script', error);
  });
  if (attempt.signal.aborted) throw stoppedError(attempt);
  return resultOf(end, limits);
}

function resultOf(end: ProgramEnd, limits: Limits): Json {
  const answer = answerOf(end.answer);
  if (answer === null) throw endedFailure(end);
  switch (answer.kind) {
    case 'returned':
      return keepable(answer.text, limits);
    case 'too-large':
      throw refused('script.TOO_LARGE', `the result is larger than ${limits.maxOutputBytes} bytes (REPRISE_MAX_OUTPUT_BYTES)`);
    case 'not-json':
      throw refused('script.RESULT', `the result is not JSON: ${answer.message}`);
    case 'syntax':
      throw refused('script.SYNTAX', `the code cannot be read${at(answer.line)}: ${answer.message}`);
    case 'threw':
      throw thrownFailure(answer);
  }
}

function keepable(text: string, { maxDepth }: Limits): Json {
  const value = JSON.parse(text) as Json;
  const measure = measureJson(value, { maxDepth });
  if (measure.kind === 'too-deep')
    throw refused('script.RESULT', `the result is nested deeper than ${maxDepth} levels (REPRISE_MAX_DEPTH)`);
  return value;
}

/** The runner wrote it; null where it never came to that, or the script has written there itself. */
function answerOf(bytes: Buffer | null): Answer | null {
  if (bytes === null) return { kind: 'too-large' };
  try {
    return JSON.parse(bytes.toString()) as Answer;
  } catch {
    return null;
  }
}

const at = (line: number | null): string => (line === null ? '' : ` (line ${line})`);

const refused = (code: string, message: string): TaskError => new TaskError(code, `script: ${message}`, { retryable: false });

function thrownFailure({ name, message, line, code, retryable, retryAfterMs }: Extract<Answer, { kind: 'threw' }>): TaskError {
  const own = code !== null && /^[A-Z][A-Z0-9_.]{0,99}$/.test(code) ? code : 'script.ERROR';
  const what = name === null || name === 'Error' ? message : `${name}: ${message}`;
  return new TaskError(own, `the script threw${at(line)}: ${what}`, {
    ...(retryable === null ? {} : { retryable }),
    ...(retryAfterMs === null ? {} : { retryAfterMs: Math.max(0, retryAfterMs) }),
    details: line === null ? {} : { line },
  });
}

function endedFailure({ exitCode, signal, stderr }: ProgramEnd): TaskError {
  const said = stderr.trim().slice(-EXCERPT_CHARACTERS);
  if (/heap out of memory|heap limit/i.test(stderr)) {
    return new TaskError('script.MEMORY', `script: it needs more than ${MEMORY_MB} MB of memory`);
  }
  // 13: Node's own code for a module that awaits what never comes.
  if (exitCode === 13) return refused('script.ERROR', 'it awaits something that can never happen');
  const how = signal === null ? `ended its process with exit code ${exitCode}` : `was ended by ${signal}`;
  return new TaskError('script.ERROR', `script: it ${how} before it returned${said === '' ? '' : `: ${said}`}`);
}
