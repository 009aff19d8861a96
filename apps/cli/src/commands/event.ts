import type { EventView, PublishedEvent, RepriseEvent } from '@reprise/client';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-code.js';
import { readJson } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';

interface PublishOptions extends CommonOptions {
  readonly data?: string;
  readonly id?: string;
  readonly source: string;
  readonly subject?: string;
}

const OUTCOMES = [
  'accepted',
  'duplicate',
  'unmatched',
  'conflict',
  'rejected',
] as const satisfies readonly EventView['outcome'][];

interface ListOptions extends CommonOptions {
  readonly type?: string;
  readonly outcome?: EventView['outcome'];
  readonly limit?: string;
  readonly cursor?: string;
}

export function addEventCommands(program: Command, context: CommandContext): void {
  const event = program.command('event').description('publish events that start runs, and see what each did');
  withServer(
    event
      .command('publish')
      .description('publish one event and tell what it did')
      .argument('<type>', 'such as order.placed')
      .option('--data <json>', 'JSON, or @FILE (@- is stdin)')
      .option('--id <id>', 'the same id and source again start nothing (default: a new one)')
      .option('--source <source>', 'who says so', '/reprise/cli')
      .option('--subject <subject>', 'what it is about'),
  ).action((type: string, options: PublishOptions) => publish(context, type, options));
  withServer(
    event
      .command('list')
      .description('events that came, newest first, with what each did')
      .option('--type <type>', 'only those of this type, such as order.placed')
      .addOption(new Option('--outcome <outcome>', 'only those with this outcome').choices(OUTCOMES))
      .option('--limit <count>', '1 to 500 (default: 50)')
      .option('--cursor <cursor>', '`next` of the page before'),
  ).action((options: ListOptions) => list(context, options));
}

async function publish({ terminal, exit }: CommandContext, type: string, options: PublishOptions): Promise<void> {
  const { id, source, subject } = options;
  const event: RepriseEvent = {
    type,
    source,
    ...(id === undefined ? {} : { id }),
    ...(subject === undefined ? {} : { subject }),
    ...(options.data === undefined ? {} : { data: await readJson('--data', options.data) }),
  };
  const client = await connect(options);
  const published = await client.publish(event);
  await show(terminal, options.output, published, () =>
    fields({ Event: published.id, Outcome: published.outcome, Runs: runsOf(published) }),
  );
  if (published.outcome === 'unmatched') terminal.say(`No workflow is started by ${type} with this data.`);
  if (published.outcome === 'conflict') exit(EXIT.conflict);
  if (published.outcome === 'rejected') exit(EXIT.error);
}

function runsOf({ runs }: PublishedEvent): string | null {
  const texts = runs.map((run) => (typeof run === 'object' && run !== null && 'id' in run ? String(run.id) : String(run)));
  return texts.length === 0 ? null : texts.join(', ');
}

async function list({ terminal }: CommandContext, { type, outcome, limit, cursor, ...options }: ListOptions): Promise<void> {
  const client = await connect(options);
  const page = await client.events({
    ...(type === undefined ? {} : { type }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const rows = page.items.map((event) => [
    event.receivedAt,
    event.type,
    event.source,
    event.id,
    event.count > 1 ? `${event.outcome} x${event.count}` : event.outcome,
    Array.isArray(event.results) ? event.results.map(resultText).join('; ') : null,
  ]);
  await show(terminal, options.output, page, () => table(['RECEIVED', 'TYPE', 'SOURCE', 'ID', 'OUTCOME', 'RUNS, REASONS'], rows));
  if (options.output === 'table' && page.next !== null) terminal.say(`there are more: --cursor ${page.next}`);
}

/** What an event did to one workflow: the runs that it started, found or woke, or why there is none. A later release may tell other things. */
function resultText(result: unknown): string {
  if (typeof result !== 'object' || result === null) return JSON.stringify(result);
  const { workflow, kind, run, runs, count, reason } = result as Readonly<Record<string, unknown>>;
  const of = workflow === '*' ? '' : `${String(workflow)}: `;
  if (typeof reason === 'string') return `${of}${reason}`;
  if (typeof run === 'string') return `${of}${run}${kind === 'exists' ? ' (its key stands for it)' : ''}`;
  if (Array.isArray(runs)) return `${of}woke ${String(count)}: ${runs.join(', ')}${runs.length < Number(count) ? ' …' : ''}`;
  return JSON.stringify(result);
}
