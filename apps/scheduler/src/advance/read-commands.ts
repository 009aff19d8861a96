import { decodeRunCommand, type RunCommand } from '@reprise/contracts';
import type { RunId } from '@reprise/core';
import type { OpenCommand } from '@reprise/ledger';

/** What a person asks of a run, and the row in which they did. */
export interface AskedCommand {
  readonly id: string;
  readonly run: RunId;
  readonly command: RunCommand;
}

/** What this build does not know stays open for one that does; what nobody could read is finished as such, or it would stay for ever. */
export function readCommands(open: readonly OpenCommand[]): {
  readonly commands: readonly AskedCommand[];
  readonly bad: readonly string[];
} {
  const commands: AskedCommand[] = [];
  const bad: string[] = [];
  for (const { id, run, kind, payload, askedBy } of open) {
    const decoded = decodeRunCommand(kind, payload, askedBy);
    if (decoded.kind === 'ok') commands.push({ id, run, command: decoded.command });
    else if (decoded.kind === 'bad') bad.push(id);
  }
  return { commands, bad };
}
