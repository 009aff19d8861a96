import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { CapturedOutput } from './captured-output.js';
import { guardian } from './guardian.js';
import { PrintedLines } from './printed-lines.js';
import { ProcessGroup } from './process-group.js';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** null: the executor's own directory. */
  readonly cwd: string | null;
  readonly stdin: string;
  /** Of standard output and of standard error, each. */
  readonly captureBytes: number;
  /** How much is read from file descriptor 3, if the program answers there. */
  readonly answerBytes?: number;
  /** Told of each line that it prints. */
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  readonly signal: AbortSignal;
  readonly graceMs?: number;
}

export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** null: longer than `answerBytes`. */
  readonly answer: Buffer | null;
}

const GRACE_MS = 5_000;
/** Pipes that a process outside the group still holds open are not waited for longer. */
const PIPES_MS = 1_000;

/**
 * Runs a program in a process group of its own. When the program ends, or the signal is aborted, whoever is left of the group is
 * ended too (SIGTERM, after 5 s SIGKILL); it resolves when that is done. Throws what keeps it from starting.
 */
export async function runProgram(program: Program): Promise<ProgramEnd> {
  const child = start(program);
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw await startError(child);
  const group = new ProcessGroup(pid, program.graceMs ?? GRACE_MS);
  guardian.watch(pid);
  const end = (): void => void group.end();
  program.signal.addEventListener('abort', end, { once: true });
  if (program.signal.aborted) end();
  const closed = once(child, 'close').then(
    () => undefined,
    () => undefined,
  );
  const captured = [stdout, stderr].map((stream) => CapturedOutput.of(stream, program.captureBytes));
  const lines = [
    PrintedLines.of(stdout, (line) => program.onLine('stdout', line)),
    PrintedLines.of(stderr, (line) => program.onLine('stderr', line)),
  ];
  const answer = collect(child.stdio[3], program.answerBytes ?? 0);
  try {
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    group.leaderExited();
    await group.end();
    await atMost(PIPES_MS, closed);
    for (const stream of child.stdio) stream?.destroy();
    for (const each of lines) each.end();
    return { exitCode, signal, stdout: captured[0]?.text() ?? '', stderr: captured[1]?.text() ?? '', answer: answer() };
  } finally {
    guardian.forget(pid);
    program.signal.removeEventListener('abort', end);
  }
}

function start({ command, args, env, cwd, stdin, answerBytes }: Program): ChildProcess {
  const child = spawn(command, [...args], {
    env: { ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', answerBytes === undefined ? 'ignore' : 'pipe'],
    ...(cwd === null ? {} : { cwd }),
  });
  // A program need not read its input: EPIPE is its choice.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
  return child;
}

async function startError(child: ChildProcess): Promise<unknown> {
  const [error] = await once(child, 'error').catch((thrown: unknown) => [thrown]);
  return error;
}

function collect(stream: unknown, maximumBytes: number): () => Buffer | null {
  const chunks: Buffer[] = [];
  let size = 0;
  if (stream instanceof Readable) {
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maximumBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
  }
  return () => (size > maximumBytes ? null : Buffer.concat(chunks));
}

async function atMost(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
