import type { PublishedEvent, RepriseEvent } from '@reprise/client';
import type { Command } from 'commander';
import { EXIT } from '../exit-code.js';
import type { CommandContext } from '../program.js';
import { readJson } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields } from '../table.js';

interface PublishOptions extends CommonOptions {
  readonly data?: string;
  readonly id?: string;
  readonly source: string;
  readonly subject?: string;
}

export function addEventCommands(program: Command, context: CommandContext): void {
  const event = program.command('event').description('publish events that start runs');
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
