import type { DeadLetterView } from '@reprise/client';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';

const STATES = ['open', 'redriving', 'redriven', 'discarded'] as const;

interface ListOptions extends CommonOptions {
  readonly state?: (typeof STATES)[number];
  readonly limit?: string;
  readonly cursor?: string;
}

interface DiscardOptions extends CommonOptions {
  readonly reason?: string;
}

export function addDeadLetterCommands(program: Command, context: CommandContext): void {
  const dlq = program
    .command('dlq')
    .description('messages that nobody could handle: look at them, send them again, discard them');
  withServer(
    dlq
      .command('list')
      .description('dead letters, newest first')
      .addOption(new Option('--state <state>', 'default: open, those that wait for a decision').choices(STATES))
      .option('--limit <count>', '1 to 500 (default: 50)')
      .option('--cursor <cursor>', '`next` of the page before'),
  ).action((options: ListOptions) => list(context, options));
  withServer(
    dlq.command('redrive').description('send one again to where it came from').argument('<id>', 'of the dead letter'),
  ).action(async (id: string, options: CommonOptions) =>
    print(context, await (await connect(options)).deadLetters.redrive(id), options),
  );
  withServer(
    dlq
      .command('discard')
      .description('settle one without sending it')
      .argument('<id>', 'of the dead letter')
      .option('--reason <text>', 'kept with it'),
  ).action(async (id: string, { reason, ...options }: DiscardOptions) =>
    print(context, await (await connect(options)).deadLetters.discard(id, reason === undefined ? {} : { reason }), options),
  );
}

async function list({ terminal }: CommandContext, { state, limit, cursor, ...options }: ListOptions): Promise<void> {
  const client = await connect(options);
  const page = await client.deadLetters.list({
    ...(state === undefined ? {} : { state }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const rows = page.items.map((letter) => [
    letter.id,
    letter.queue,
    letter.state,
    letter.receivedAt,
    String(letter.redrives),
    letter.lastError ?? letter.reason,
  ]);
  await show(terminal, options.output, page, () => table(['ID', 'QUEUE', 'STATE', 'RECEIVED', 'REDRIVES', 'REASON'], rows));
  if (options.output === 'table' && page.next !== null) terminal.say(`there are more: --cursor ${page.next}`);
}

async function print({ terminal }: CommandContext, letter: DeadLetterView, { output }: CommonOptions): Promise<void> {
  const { id, state, origin, reason, redrives, askedBy, discardReason, settledAt } = letter;
  await show(terminal, output, letter, () =>
    fields({
      Letter: id,
      State: state === 'redriving' ? 'redriving: it is sent until the broker has it' : state,
      Origin: origin === null ? null : `${origin.exchange === '' ? '(default exchange)' : origin.exchange} ${origin.routingKey}`,
      'Died of': reason,
      Redrives: redrives === 0 ? null : String(redrives),
      'Asked by': askedBy,
      Because: discardReason,
      Settled: settledAt,
    }),
  );
}
