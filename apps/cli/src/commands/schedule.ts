import { readAll, type ScheduleView } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../exit-code.js';
import { readScheduleName } from '../read-schedule-name.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';
import { addBackfillCommands } from './backfill.js';

interface PreviewOptions extends CommonOptions {
  readonly count: string;
  readonly from?: string;
}

export function addScheduleCommands(program: Command, context: CommandContext): void {
  const schedule = program.command('schedule').description('look at schedules and polls, pause them, and make up for the past');
  withServer(
    schedule
      .command('list')
      .description('list schedules and polls, and when they fire next')
      .option('--workflow <name>', 'those of this workflow'),
  ).action((options: CommonOptions & { readonly workflow?: string }) => list(context, options));
  withServer(schedule.command('show').description('show one, with what its last instants did').argument('<name>', NAME)).action(
    (name: string, options: CommonOptions) => showOne(context, name, options),
  );
  withServer(
    schedule
      .command('preview')
      .description('tell the next instants of a schedule, or of all schedules in a document (no server needed)')
      .argument('<name-or-file>', `${NAME}, or a workflow document (- is stdin)`)
      .option('--count <n>', 'how many, up to 1,000', '10')
      .option('--from <time>', 'after this time (default: now)'),
  ).action((name: string, options: PreviewOptions) => preview(context, name, options));
  withServer(
    schedule
      .command('pause')
      .description('keep it from firing; what passes meanwhile is not made up for')
      .argument('<name>', NAME)
      .option('--reason <text>', 'why, for those who wonder'),
  ).action(async (name: string, options: CommonOptions & { readonly reason?: string }) => {
    const client = await connect(options);
    await showAfter(context, options, await client.schedules.pause(readScheduleName(name), options.reason));
  });
  withServer(
    schedule.command('resume').description('let it fire again, from the next instant on').argument('<name>', NAME),
  ).action(async (name: string, options: CommonOptions) => {
    const client = await connect(options);
    await showAfter(context, options, await client.schedules.resume(readScheduleName(name)));
  });
  withServer(
    schedule
      .command('trigger')
      .description('fire it now, besides its times, paused or not')
      .argument('<name>', NAME)
      .option('--key <key>', 'idempotency key: the same key again finds the run it has started'),
  ).action(async (name: string, options: CommonOptions & { readonly key?: string }) => {
    const client = await connect(options);
    const key = options.key === undefined ? {} : { key: options.key };
    const fired = await client.schedules.trigger(readScheduleName(name), key);
    await show(context.terminal, options.output, fired, () => fields({ Run: fired.id, Outcome: fired.outcome }));
  });
  addBackfillCommands(schedule, context);
}

const NAME = 'WORKFLOW/ID';

async function list({ terminal }: CommandContext, options: CommonOptions & { readonly workflow?: string }): Promise<void> {
  const client = await connect(options);
  const workflow = options.workflow === undefined ? {} : { workflow: options.workflow };
  const items = await readAll((page) => client.schedules.list({ ...page, ...workflow }));
  const rows = items.map((each) => [
    each.id,
    timingOf(each),
    each.timezone,
    each.paused === null ? (each.nextLocal ?? 'never') : 'paused',
    each.previous,
    each.last[0] === undefined ? null : (each.last[0].run ?? each.last[0].outcome),
  ]);
  await show(terminal, options.output, { items, next: null }, () =>
    table(['SCHEDULE', 'WHEN', 'ZONE', 'NEXT', 'PREVIOUS', 'LAST'], rows),
  );
}

async function showOne({ terminal }: CommandContext, name: string, options: CommonOptions): Promise<void> {
  const client = await connect(options);
  const found = await client.schedules.get(readScheduleName(name));
  const isPoll = found.kind === 'poll';
  const rows = found.last.map(({ instant, outcome, run, reason, probe }) =>
    isPoll ? [instant, outcome, run, probe, reason] : [instant, outcome, run, reason],
  );
  const head = ['INSTANT', 'OUTCOME', 'RUN', ...(isPoll ? ['PROBE'] : []), 'WHY NOT'];
  await show(terminal, options.output, found, () =>
    rows.length === 0 ? pageOf(found) : `${pageOf(found)}\n\n${table(head, rows)}`,
  );
}

async function preview(context: CommandContext, name: string, options: PreviewOptions): Promise<void> {
  if (!/^\d{1,4}$/.test(options.count)) throw new UsageError(`--count must be a whole number, got "${options.count}"`);
  const query = { count: Number(options.count), ...(options.from === undefined ? {} : { from: options.from }) };
  if (name === '-' || /\.(ya?ml|json)$/.test(name)) {
    const { previewFile } = await import('./preview-schedule.js');
    return previewFile(context, name, query, options.output);
  }
  const page = await (await connect(options)).schedules.preview(readScheduleName(name), query);
  const rows = page.items.map(({ time, local, firesAt }) => [time, local, firesAt]);
  await show(context.terminal, options.output, page, () => table(['TIME', 'LOCAL', 'FIRES AT'], rows));
}

const showAfter = ({ terminal }: CommandContext, { output }: CommonOptions, view: ScheduleView): Promise<void> =>
  show(terminal, output, view, () => pageOf(view));

const timingOf = ({ cron, every, at }: ScheduleView): string =>
  cron ?? (every === null ? `at ${at?.length ?? 0} ${at?.length === 1 ? 'time' : 'times'}` : `every ${every}`);

function pageOf(view: ScheduleView): string {
  const { paused, waiting, missed, skipped } = view;
  return fields({
    Schedule: view.kind === 'schedule' ? view.id : null,
    Poll: view.kind === 'poll' ? view.id : null,
    Calls: view.call,
    When: timingOf(view),
    Zone: view.timezone,
    Paused: paused === null ? null : `since ${paused.at}${paused.reason === null ? '' : `: ${paused.reason}`}`,
    Next: view.nextLocal ?? 'never',
    Previous: view.previous,
    Waiting: waiting.length === 0 ? null : `${waiting.length} instants for runs of earlier ones to end`,
    'Open runs': view.openRuns === 0 ? null : String(view.openRuns),
    Missed: missed === 0 ? null : `${missed}, last seen ${view.missedAt}`,
    Skipped: skipped === 0 ? null : String(skipped),
  });
}
