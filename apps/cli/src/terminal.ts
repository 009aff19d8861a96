/** Where output goes: data to stdout, everything else to stderr. */
export interface Terminal {
  /** One line, or several, of data. */
  print(text: string): void;
  /** For people: progress, hints, errors. */
  say(text: string): void;
  /** Raw text to stdout, for redrawing. */
  write(text: string): void;
  /** Whether stdout is a terminal that can be redrawn. */
  readonly isInteractive: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Epoch milliseconds: what countdowns and ages are told by. */
  now(): number;
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  // `reprise run list | head`: the reader has gone, that is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    print: (text) => stdout.write(`${text}\n`),
    say: (text) => stderr.write(`${text}\n`),
    write: (text) => stdout.write(text),
    isInteractive: stdout.isTTY === true,
    now: () => Date.now(),
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
  };
}

/** What the server tells was written by others: control characters must not reach the terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
