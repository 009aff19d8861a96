import { readFile } from 'node:fs/promises';
import { UsageError } from './exit-code.js';

/** A file's text; `-` is stdin. @throws UsageError */
export async function readText(file: string): Promise<string> {
  try {
    return file === '-' ? await readStdin() : await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`);
  }
}

/** JSON as it stands, or from a file by `@FILE` (`@-` is stdin). @throws UsageError */
export async function readJson(option: string, argument: string): Promise<unknown> {
  const text = argument.startsWith('@') ? await readText(argument.slice(1)) : argument;
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = argument.startsWith('@') ? argument.slice(1) : option;
    throw new UsageError(`${where} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `k=v` pairs, as often as given. */
export function readLabels(pairs: readonly string[] | undefined): Readonly<Record<string, string>> | undefined {
  if (pairs === undefined) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--label must be like team=red, got "${pair}"`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Milliseconds of `30s`, `5m` …; undefined for a bare `--wait`: as long as it takes. */
export async function readWait(wait: string | true): Promise<number | undefined> {
  if (wait === true) return undefined;
  const { parseDuration } = await import('@reprise/core');
  const duration = parseDuration(wait);
  if (duration.kind === 'bad') throw new UsageError(`--wait: ${duration.message}; ${duration.hint}`);
  return duration.ms;
}

/** An instant as it was given; a duration such as `2h` is that long before `now`. */
export async function readTime(option: string, text: string | undefined, now: number): Promise<string | undefined> {
  if (text === undefined || !/^[\d.]+ *[a-z]/i.test(text)) return text;
  const { parseDuration } = await import('@reprise/core');
  const duration = parseDuration(text);
  if (duration.kind === 'bad') throw new UsageError(`${option}: ${duration.message}; ${duration.hint}`);
  return new Date(now - duration.ms).toISOString();
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}
