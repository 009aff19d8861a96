import type { AttemptLogView } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../exit-code.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { printable } from '../terminal.js';

interface LogsOptions extends CommonOptions {
  readonly attempt?: string;
}

export function addLogs(run: Command, context: CommandContext): void {
  withServer(
    run
      .command('logs')
      .description('what an attempt of a task has written')
      .argument('<id>', 'of the run')
      .argument('<task>', 'its path, like page[3].charge')
      .option('--attempt <number>', 'default: the newest'),
  ).action((id: string, task: string, options: LogsOptions) => logs(context, id, task, options));
}

async function logs({ terminal }: CommandContext, id: string, task: string, options: LogsOptions): Promise<void> {
  const { attempt } = options;
  if (attempt !== undefined && !/^[1-9]\d{0,8}$/.test(attempt))
    throw new UsageError(`--attempt must be a number from 1, got "${attempt}"`);
  const client = await connect(options);
  const number = attempt === undefined ? (await client.runs.task(id, task)).attempt : Number(attempt);
  if (number === 0) {
    terminal.say(`${task} has had no attempt yet.`);
    return;
  }
  const log = await client.runs.log(id, task, number);
  if (options.output === 'table' && log.items.length === 0) {
    terminal.say(`Attempt ${number} of ${task} has written nothing.`);
    return;
  }
  await show(terminal, options.output, log, () => log.items.map(lineText).join('\n'));
}

function lineText({ at, level, source, message, fields, cut, skipped }: AttemptLogView['items'][number]): string {
  const gap = skipped === 0 ? '' : `… ${skipped} lines left out …\n`;
  const more = fields === null ? '' : ` ${JSON.stringify(fields)}`;
  const from = (source === 'log' ? level : source).padEnd(6);
  return `${gap}${at} ${from} ${printable(message)}${cut ? '…' : ''}${printable(more)}`;
}
