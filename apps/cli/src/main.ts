import { CommanderError } from 'commander';
import { EXIT } from './exit-code.js';
import { buildProgram } from './program.js';
import { reportError } from './report-error.js';
import { processTerminal } from './terminal.js';

/** Runs one command line; answers its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal = processTerminal();
  let exitCode: number = EXIT.ok;
  const program = buildProgram(terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportError(terminal, error);
  }
}
