import { setTimeout as pause } from 'node:timers/promises';
import { type RepriseClient, type RunView, WaitTimeoutError } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { exitCodeOfRun } from '../exit-code.js';
import { readWait } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields } from '../table.js';
import { waitRun } from '../watch/wait-run.js';

interface RetryOptions extends CommonOptions {
  readonly wait?: string | true;
}

type ShowRun = (client: RepriseClient, id: string, context: CommandContext, options: CommonOptions) => Promise<void>;

export function addRetry(run: Command, context: CommandContext, showRun: ShowRun): void {
  withServer(
    run
      .command('retry')
      .description('take a failed run up again from what failed in it; what succeeded is not run twice')
      .argument('<id>', 'of the run')
      .option('--wait [duration]', 'until it has ended, or at most this long (--wait=30s)'),
  ).action((id: string, options: RetryOptions) => retry(context, id, options, showRun));
}

async function retry(context: CommandContext, id: string, options: RetryOptions, showRun: ShowRun): Promise<void> {
  const { terminal, exit } = context;
  const timeoutMs = options.wait === undefined ? undefined : await readWait(options.wait);
  const client = await connect(options);
  const before = options.wait === undefined ? null : await client.runs.get(id, { tasks: 0 });
  const answer = await client.runs.retry(id);
  if (before === null) {
    const status = answer.applied ? answer.status : `${answer.status}, kept until a scheduler comes to it`;
    await show(terminal, options.output, answer, () => fields({ Run: answer.id, Status: status }));
    terminal.say(`watch it: reprise run watch ${answer.id}`);
    return;
  }
  const until = timeoutMs === undefined ? Number.POSITIVE_INFINITY : terminal.now() + timeoutMs;
  if (!answer.applied) await takenUp(client, before, until, terminal.now);
  const leftMs = Math.max(1, until - terminal.now());
  const ended = await waitRun({ client, terminal, id, timeoutMs: Number.isFinite(leftMs) ? leftMs : undefined });
  await showRun(client, id, context, options);
  exit(exitCodeOfRun(ended.status));
}

const LOOK_EVERY_MS = 250;

/** Until then the run has its old end, which would pass for the new one. */
async function takenUp(client: RepriseClient, before: RunView, until: number, now: () => number): Promise<void> {
  const began = now();
  for (;;) {
    const run = await client.runs.get(before.id, { tasks: 0 });
    if (run.endedAt !== before.endedAt) return;
    if (now() >= until) throw new WaitTimeoutError(before.id, until - began);
    await pause(LOOK_EVERY_MS);
  }
}
