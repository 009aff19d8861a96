import { setTimeout as wait } from 'node:timers/promises';
import type { Publisher } from '@reprise/broker';
import { encodeRunCommand, type InboxItem, type RunCommand, type TopologyNames, toInbox } from '@reprise/contracts';
import type { RunId, VersionId } from '@reprise/core';
import type { CommandStore } from '@reprise/ledger';
import type { Clock } from '@reprise/service';

/** `pending`: no scheduler has come to it yet; it is kept, and will be carried out. `stale`: it did not fit what the run was by then. */
export type CommandResult = 'applied' | 'stale' | 'pending';

/** How long an answer is worth waiting for, and how often it is looked for: soon at first, then less so. */
const PATIENCE_MS = 2_000;
const FIRST_LOOK_MS = 10;
const LONGEST_LOOK_MS = 160;

/** Asks something of a run. The row is the request; its message only makes it quick, and the watch finds what no message told. */
export class CommandRun {
  constructor(
    private readonly parts: {
      readonly commands: CommandStore;
      readonly publisher: Publisher;
      readonly names: TopologyNames;
      readonly clock: Clock;
    },
  ) {}

  async ask(run: { readonly id: RunId; readonly version: VersionId }, command: RunCommand): Promise<CommandResult> {
    const { commands, publisher, names, clock } = this.parts;
    const id = clock.uuidv7();
    await commands.insert({ id, run: run.id, ...encodeRunCommand(command) });
    const look: InboxItem = { kind: 'look', run: run.id, version: run.version };
    // Not awaited: while the broker is away this would hold the answer back for nothing.
    void publisher.publish([toInbox(names, [look])]);
    return this.resultOf(id);
  }

  private async resultOf(id: string): Promise<CommandResult> {
    const { commands, clock } = this.parts;
    const until = clock.monotonicMs() + PATIENCE_MS;
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LONGEST_LOOK_MS, pauseMs * 2)) {
      await wait(pauseMs);
      const result = await commands.result(id);
      if (result !== null) return result === 'applied' ? 'applied' : 'stale';
      if (clock.monotonicMs() >= until) return 'pending';
    }
  }
}
