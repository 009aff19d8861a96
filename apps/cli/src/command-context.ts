import type { ExitCode } from './exit-code.js';
import type { Terminal } from './terminal.js';

export interface CommandContext {
  readonly terminal: Terminal;
  /** The command has done its work, and this is what scripts should be told. */
  readonly exit: (code: ExitCode) => void;
}
