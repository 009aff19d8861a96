import type { BatchFilter, BatchView } from '@reprise/client';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../exit-code.js';
import { readLabels, readTime } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';
import { between } from '../time-text.js';

const ACTIONS = ['cancel', 'retry', 'rerun', 'pause', 'resume'] as const;
const STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;

interface CreateOptions extends CommonOptions {
  readonly status?: (typeof STATUSES)[number];
  readonly workflow?: string;
  readonly label?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly query?: string;
  readonly all?: true;
  readonly rate?: string;
  readonly reason?: string;
  readonly dryRun?: true;
}

interface ListOptions extends CommonOptions {
  readonly limit?: string;
  readonly cursor?: string;
}

export function addBatchCommands(program: Command, context: CommandContext): void {
  const batch = program.command('batch').description('ask the same of many runs');
  addCreate(batch, context);
  withServer(
    batch
      .command('list')
      .description('batches, newest first')
      .option('--limit <n>', '1 to 500')
      .option('--cursor <cursor>', 'where the page before ended'),
  ).action((options: ListOptions) => list(context, options));
  const one = (name: string, description: string) =>
    withServer(batch.command(name).description(description).argument('<id>', 'of the batch'));
  one('show', 'how far a batch has come').action(async (id: string, options: CommonOptions) =>
    print(context, await (await connect(options)).batches.get(id), options),
  );
  one('cancel', 'take no further step; what it has asked of runs stays asked').action(
    async (id: string, options: CommonOptions) => print(context, await (await connect(options)).batches.cancel(id), options),
  );
}

function addCreate(batch: Command, context: CommandContext): void {
  withServer(
    batch
      .command('create')
      .description('cancel, retry, rerun, pause or resume the runs that fit all of the filters')
      .argument('<action>', ACTIONS.join(', '))
      .addOption(new Option('--status <status>').choices(STATUSES))
      .option('--workflow <name>')
      .option('--label <name=value...>')
      .option('--since <time>', 'started at or after: like 2030-01-31T12:00:00Z, or a duration back from now like 2h')
      .option('--until <time>', 'started before')
      .option('-q, --query <text>', 'beginning of an id or key, or part of a workflow name')
      .option('--all', 'every run there is, instead of a filter')
      .option('--rate <n>', 'runs of a second, 1 to 500 (default 50)')
      .option('--reason <text>', 'kept with what is asked')
      .option('--dry-run', 'only tell how many runs it would be about'),
  ).action((action: string, options: CreateOptions) => create(context, action, options));
}

async function create({ terminal }: CommandContext, wanted: string, options: CreateOptions): Promise<void> {
  const action = ACTIONS.find((each) => each === wanted);
  if (action === undefined) throw new UsageError(`the action must be one of ${ACTIONS.join(', ')}, got "${wanted}"`);
  const { rate, reason, dryRun, output } = options;
  if (rate !== undefined && !/^[1-9]\d{0,2}$/.test(rate))
    throw new UsageError(`--rate must be a number from 1 to 500, got "${rate}"`);
  const filter = await filterOf(options, terminal.now());
  if (Object.keys(filter).length === 0)
    throw new UsageError('say which runs are meant, such as --status failed --workflow NAME; --all is every run there is');
  const batch = {
    action,
    filter,
    ...(rate === undefined ? {} : { rate: Number(rate) }),
    ...(reason === undefined ? {} : { reason }),
  };
  const client = await connect(options);
  if (dryRun === true) {
    const count = await client.batches.count(batch);
    await show(terminal, output, { count }, () => fields({ Runs: String(count) }));
    return;
  }
  const created = await client.batches.create(batch);
  await show(terminal, output, created, () => fields({ Batch: created.id, Runs: String(created.count) }));
  terminal.say(`how far it has come: reprise batch show ${created.id}`);
}

async function filterOf(options: CreateOptions, now: number): Promise<BatchFilter> {
  const { status, workflow, label, query: q, all } = options;
  const labels = readLabels(label);
  const since = await readTime('--since', options.since, now);
  const until = await readTime('--until', options.until, now);
  return {
    ...(status === undefined ? {} : { status }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(labels === undefined ? {} : { label: labels }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(q === undefined ? {} : { q }),
    ...(all === undefined ? {} : { all }),
  };
}

async function list({ terminal }: CommandContext, { limit, cursor, ...options }: ListOptions): Promise<void> {
  const client = await connect(options);
  const page = await client.batches.list({
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const now = terminal.now();
  const rows = page.items.map((each) => [
    each.id,
    each.action,
    each.state,
    String(each.matched),
    String(each.done),
    String(each.skipped.count),
    String(each.failed.count),
    between(each.createdAt, each.endedAt, now),
  ]);
  const heads = ['ID', 'ACTION', 'STATE', 'RUNS', 'DONE', 'SKIPPED', 'FAILED', 'TOOK'];
  await show(terminal, options.output, page, () => table(heads, rows));
  if (page.next !== null) terminal.say(`There are more: --cursor ${page.next}`);
}

async function print({ terminal }: CommandContext, batch: BatchView, { output }: CommonOptions): Promise<void> {
  const { id, action, state, rate, matched, left, done, skipped, failed, reason, askedBy } = batch;
  await show(terminal, output, batch, () =>
    fields({
      Batch: id,
      Action: action,
      State: state,
      Runs: `${matched}, ${left} still to come`,
      Done: String(done),
      Skipped: counted(skipped),
      Failed: counted(failed),
      Rate: `${rate} a second`,
      Reason: reason,
      'Asked by': askedBy,
      Took: between(batch.createdAt, batch.endedAt, terminal.now()),
    }),
  );
}

const counted = ({ count, reasons }: BatchView['skipped']): string => {
  const each = Object.entries(reasons).map(([reason, times]) => `${reason} ${times}`);
  return each.length === 0 ? String(count) : `${count} (${each.join(', ')})`;
};
