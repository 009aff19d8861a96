import type { RepriseClient } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { exitCodeOfRun } from '../exit-code.js';
import { readWait } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields } from '../table.js';
import { waitRun } from '../watch/wait-run.js';

interface RerunCommandOptions extends CommonOptions {
  readonly from?: string;
  readonly version?: string;
  readonly key?: string;
  readonly wait?: string | true;
}

type ShowRun = (client: RepriseClient, id: string, context: CommandContext, options: CommonOptions) => Promise<void>;

export function addRerun(run: Command, context: CommandContext, showRun: ShowRun): void {
  withServer(
    run
      .command('rerun')
      .description('start a new run with the input and labels of one that has ended')
      .argument('<id>', 'of the earlier run')
      .option('--from <task>', 'begin with this task: what had succeeded and does not follow on it is not run again')
      .option('--version <version>', 'latest, a semver or number; default: that of the earlier run')
      .option('--key <key>', 'idempotency key: the same key again gives the same run')
      .option('--wait [duration]', 'until it has ended, or at most this long (--wait=30s)'),
  ).action((id: string, options: RerunCommandOptions) => rerun(context, id, options, showRun));
}

async function rerun(context: CommandContext, id: string, options: RerunCommandOptions, showRun: ShowRun): Promise<void> {
  const { terminal, exit } = context;
  const timeoutMs = options.wait === undefined ? undefined : await readWait(options.wait);
  const client = await connect(options);
  const { from, version, key } = options;
  const started = await client.runs.rerun(id, {
    ...(from === undefined ? {} : { from }),
    ...(version === undefined ? {} : { version }),
    ...(key === undefined ? {} : { key }),
  });
  if (!started.created) terminal.say(`The key is known: this is the run that it had started.`);
  if (options.wait === undefined) {
    await show(terminal, options.output, started, () => fields({ Run: started.id, Status: started.status, 'Rerun of': id }));
    terminal.say(`watch it: reprise run watch ${started.id}`);
    return;
  }
  const ended = await waitRun({ client, terminal, id: started.id, timeoutMs });
  await showRun(client, started.id, context, options);
  exit(exitCodeOfRun(ended.status));
}
