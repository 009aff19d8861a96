import { RepriseError, UnreachableError, WaitTimeoutError } from '@reprise/client';
import { EXIT, type ExitCode, exitCodeOf, UsageError } from './exit-code.js';
import type { Terminal } from './terminal.js';
import { spanText } from './time-text.js';

/** Says on stderr what went wrong and what to do, in words; answers the exit code. */
export function reportError(terminal: Terminal, error: unknown): ExitCode {
  if (isSettingsError(error)) {
    terminal.say(error.message);
    return EXIT.usage;
  }
  for (const line of linesOf(error)) terminal.say(line);
  return exitCodeOf(error);
}

/** By its code: importing its class would load the whole service library. */
const isSettingsError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && error.code === 'SETTINGS';

function linesOf(error: unknown): readonly string[] {
  if (error instanceof UnreachableError) {
    return [`error: ${error.message}`, 'Is Reprise running (npm start)? Another address: --url or REPRISE_URL.'];
  }
  if (error instanceof WaitTimeoutError) {
    const waited = spanText(error.timeoutMs);
    return [`error: run ${error.run} has not ended within ${waited}; it goes on`, `watch it: reprise run watch ${error.run}`];
  }
  if (error instanceof RepriseError) return problemLines(error);
  if (error instanceof UsageError) return [`error: ${error.message}`];
  return [`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
}

function problemLines({ message, problem, status }: RepriseError): readonly string[] {
  const details = (problem.errors ?? []).map(({ path, message: text }) => `  ${path ? `${path}: ` : ''}${text ?? ''}`);
  const alone = details.length === 1 && message.includes(problem.errors?.[0]?.message ?? '');
  const hint = problem.hint === undefined ? [] : [problem.hint];
  const trace = status >= 500 && problem.traceId !== undefined ? [`trace ${problem.traceId}`] : [];
  return [`error: ${message}`, ...(alone ? [] : details), ...hint, ...trace];
}
