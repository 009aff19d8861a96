import type { RepriseClient, RunSummary, RunView } from '@reprise/client';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { exitCodeOfRun } from '../exit-code.js';
import { readJson, readLabels, readTime, readWait } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';
import { between } from '../time-text.js';
import { decisionText, failureText } from '../watch/run-failure.js';
import { runState } from '../watch/run-state.js';
import { taskLines } from '../watch/task-tree.js';
import { waitRun } from '../watch/wait-run.js';
import { watchRun } from '../watch/watch-run.js';
import { addEvent } from './run-event.js';
import { addHistory } from './run-history.js';
import { addLogs } from './run-logs.js';
import { addRerun } from './run-rerun.js';
import { addRetry } from './run-retry.js';
import { addVerbs } from './run-verbs.js';

const STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;

interface StartOptions extends CommonOptions {
  readonly input: string;
  readonly key?: string;
  readonly version?: string;
  readonly label?: readonly string[];
  readonly wait?: string | true;
}

interface ListOptions extends CommonOptions {
  readonly status?: (typeof STATUSES)[number];
  readonly workflow?: string;
  readonly label?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly query?: string;
  readonly parent?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export function addRunCommands(program: Command, context: CommandContext): void {
  const run = program.command('run').description('start, watch and command runs');
  addStart(run, context);
  addList(run, context);
  const one = (name: string, description: string) =>
    withServer(run.command(name).description(description).argument('<id>', 'of the run'));
  one('show', 'one run with its tasks and attempts').action((id: string, options: CommonOptions) =>
    showRun(context, id, options),
  );
  addHistory(run, context);
  one('watch', 'follow a run to its end; Ctrl-C only stops watching').action((id: string, options: CommonOptions) =>
    watch(context, id, options),
  );
  one('cancel', 'ask a run to end')
    .option('--reason <text>', 'kept with the request')
    .action((id: string, options: CommonOptions & { readonly reason?: string }) => cancel(context, id, options));
  addRetry(run, context, showWhole);
  addRerun(run, context, showWhole);
  addVerbs(run, context);
  addEvent(run, context);
  addLogs(run, context);
}

function addStart(run: Command, context: CommandContext): void {
  withServer(
    run
      .command('start')
      .description('start a run by name')
      .argument('<workflow>')
      .option('--input <json>', 'JSON, or @FILE (@- is stdin)', '{}')
      .option('--key <key>', 'idempotency key: the same key and input again give the same run')
      .option('--version <version>', 'a semver or number; default: the current one')
      .option('--label <name=value...>', 'labels of the run')
      .option('--wait [duration]', 'until it has ended, or at most this long (--wait=30s)'),
  ).action((workflow: string, options: StartOptions) => start(context, workflow, options));
}

function addList(run: Command, context: CommandContext): void {
  withServer(
    run
      .command('list')
      .description('runs, newest first')
      .addOption(new Option('--status <status>').choices(STATUSES))
      .option('--workflow <name>')
      .option('--label <name=value...>')
      .option('--since <time>', 'started at or after: like 2030-01-31T12:00:00Z, or a duration back from now like 2h')
      .option('--until <time>', 'started before')
      .option('-q, --query <text>', 'beginning of an id or key, or part of a workflow name')
      .option('--parent <run>', 'only those that this run has started')
      .option('--limit <count>', '1 to 500 (default: 50)')
      .option('--cursor <cursor>', '`next` of the page before'),
  ).action((options: ListOptions) => list(context, options));
}

async function start({ terminal, exit }: CommandContext, workflow: string, options: StartOptions): Promise<void> {
  const { key, version, output } = options;
  const labels = readLabels(options.label);
  const input = await readJson('--input', options.input);
  const timeoutMs = options.wait === undefined ? undefined : await readWait(options.wait);
  const client = await connect(options);
  const started = await client.run(workflow, input, {
    ...(key === undefined ? {} : { key }),
    ...(version === undefined ? {} : { version }),
    ...(labels === undefined ? {} : { labels }),
  });
  if (!started.created) terminal.say('This key was used before with the same input: it is the run it had started.');
  if (options.wait === undefined) {
    await show(terminal, output, started, () => fields({ Run: started.id, Status: started.status }));
    terminal.say(`watch it: reprise run watch ${started.id}`);
    return;
  }
  const ended = await waitRun({ client, terminal, id: started.id, timeoutMs });
  await showWhole(client, ended.id, { terminal, exit }, options);
  exit(exitCodeOfRun(ended.status));
}

async function list({ terminal }: CommandContext, options: ListOptions): Promise<void> {
  const { status, workflow, query, parent, limit, cursor, output } = options;
  const labels = readLabels(options.label);
  const now = terminal.now();
  const since = await readTime('--since', options.since, now);
  const until = await readTime('--until', options.until, now);
  const client = await connect(options);
  const page = await client.runs.list({
    ...(status === undefined ? {} : { status }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(labels === undefined ? {} : { labels }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(query === undefined ? {} : { q: query }),
    ...(parent === undefined ? {} : { parent }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  await show(terminal, output, page, () =>
    table(
      ['ID', 'WORKFLOW', 'STATUS', 'STARTED', 'TOOK', 'KEY', 'ERROR'],
      page.items.map((run) => rowOf(run, now)),
    ),
  );
  if (output === 'table' && page.next !== null) terminal.say(`there are more: --cursor ${page.next}`);
}

const rowOf = (run: RunSummary, now: number): readonly (string | null)[] => [
  run.id,
  run.workflow,
  run.status,
  run.startedAt,
  between(run.startedAt, run.endedAt, now),
  run.key,
  run.error?.code ?? null,
];

async function showRun(context: CommandContext, id: string, options: CommonOptions): Promise<void> {
  const client = await connect(options);
  await print(context, await client.runs.get(id), options);
}

async function showWhole(client: RepriseClient, id: string, context: CommandContext, options: CommonOptions): Promise<void> {
  await print(context, await client.runs.get(id), options);
}

async function watch({ terminal, exit }: CommandContext, id: string, options: CommonOptions): Promise<void> {
  const client = await connect(options);
  const result = await watchRun({ client, terminal, id, quiet: options.output !== 'table' });
  if (result.kind === 'ended' && options.output !== 'table') await show(terminal, options.output, result.run, () => '');
  exit(result.kind === 'ended' ? exitCodeOfRun(result.run.status) : 130);
}

async function cancel(
  { terminal }: CommandContext,
  id: string,
  options: CommonOptions & { readonly reason?: string },
): Promise<void> {
  const client = await connect(options);
  const answer = await client.runs.cancel(id, options.reason === undefined ? {} : { reason: options.reason });
  await show(terminal, options.output, answer, () => fields({ Run: answer.id, Status: `${answer.status}, asked to end` }));
}

async function print({ terminal }: CommandContext, run: RunView, { output }: CommonOptions): Promise<void> {
  const now = terminal.now();
  await show(terminal, output, run, () => [summaryOf(run, now), '', ...taskLines(run, now, { attempts: true })].join('\n'));
}

function summaryOf(run: RunView, now: number): string {
  const labels = Object.entries(run.labels).map(([name, value]) => `${name}=${value}`);
  return fields({
    Run: run.id,
    Workflow: `${run.workflow} ${run.version ?? `#${run.versionNumber}`}`,
    Status: runState(run),
    Trigger: run.trigger,
    'Rerun of': run.rerunOf,
    'Started by': run.parent === null ? null : `${run.parentTask ?? 'a task'} of run ${run.parent}`,
    Key: run.key,
    Labels: labels.join(', '),
    Started: run.startedAt,
    Took: between(run.startedAt, run.endedAt, now),
    Error: failureText(run),
    Decided: decisionText(run),
    Next: run.nextText,
    Input: JSON.stringify(run.input),
    Output: run.endedAt === null ? null : JSON.stringify(run.output),
  });
}
