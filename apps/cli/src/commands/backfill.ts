import { type BackfillView, readAll } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../exit-code.js';
import { readScheduleName } from '../read-schedule-name.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';

interface BackfillOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly parallel?: string;
  readonly rate?: string;
  readonly rerun?: true;
  readonly dryRun?: true;
}

const NAME = 'WORKFLOW/ID';

export function addBackfillCommands(schedule: Command, context: CommandContext): void {
  withServer(
    schedule
      .command('backfill')
      .description('runs for instants that have passed; those that have one already are left alone')
      .argument('<name>', NAME)
      .requiredOption('--from <time>', 'the first instant, such as 2030-01-01T00:00:00Z')
      .requiredOption('--to <time>', 'the last instant')
      .option('--parallel <n>', 'how many of its runs may be open at a time (default: 1)')
      .option('--rate <rate>', 'how many may start in a time: 10/s, 30/m, 100/h')
      .option('--rerun', 'also where there is a run already')
      .option('--dry-run', 'only tell how many instants there are'),
  ).action((name: string, options: BackfillOptions) => backfill(context, name, options));
  withServer(
    schedule.command('backfills').description('list the backfills of a schedule, newest first').argument('<name>', NAME),
  ).action((name: string, options: CommonOptions) => list(context, name, options));
  withServer(
    schedule
      .command('cancel-backfill')
      .description('start nothing more of it; its open runs go on')
      .argument('<name>', NAME)
      .argument('<id>', 'of the backfill'),
  ).action(async (name: string, id: string, options: CommonOptions) => {
    const view = await (await connect(options)).schedules.cancelBackfill(readScheduleName(name), id);
    await show(context.terminal, options.output, view, () => pageOf(view));
  });
}

async function backfill({ terminal }: CommandContext, name: string, options: BackfillOptions): Promise<void> {
  const { from, to, parallel, rate, rerun, dryRun } = options;
  if (parallel !== undefined && !/^\d{1,4}$/.test(parallel))
    throw new UsageError(`--parallel must be a whole number, got "${parallel}"`);
  const client = await connect(options);
  const view = await client.schedules.backfill(readScheduleName(name), {
    from,
    to,
    ...(parallel === undefined ? {} : { parallel: Number(parallel) }),
    ...(rate === undefined ? {} : { rate }),
    ...(rerun === undefined ? {} : { rerun }),
    ...(dryRun === undefined ? {} : { dryRun }),
  });
  await show(terminal, options.output, view, () => (dryRun === true ? `${view.total} instants` : pageOf(view)));
}

async function list({ terminal }: CommandContext, name: string, options: CommonOptions): Promise<void> {
  const client = await connect(options);
  const items = await readAll((page) => client.schedules.backfills(readScheduleName(name), page));
  const rows = items.map((each) => [each.id, each.state, each.from, each.to, progressOf(each)]);
  await show(terminal, options.output, { items, next: null }, () => table(['ID', 'STATE', 'FROM', 'TO', 'PROGRESS'], rows));
}

const progressOf = ({ total, left }: BackfillView): string => `${total - left} of ${total}`;

function pageOf(view: BackfillView): string {
  const { unmatched, rejected } = view;
  return fields({
    Backfill: view.id,
    Schedule: view.schedule,
    State: view.state,
    From: view.from,
    To: view.to,
    Progress: progressOf(view),
    Started: String(view.started),
    'Had a run': String(view.existing),
    'No run by `if`': unmatched === 0 ? null : String(unmatched),
    Refused: rejected === 0 ? null : String(rejected),
    'Open runs': String(view.openRuns),
  });
}
