import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { readJson } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields } from '../table.js';

interface EventOptions extends CommonOptions {
  readonly data?: string;
  readonly id?: string;
  readonly source?: string;
  readonly subject?: string;
}

export function addEvent(run: Command, context: CommandContext): void {
  withServer(
    run
      .command('event')
      .description('send an event to one run: any wait for its type takes it, whatever it matches by')
      .argument('<id>', 'of the run')
      .argument('<type>', 'such as order.paid')
      .option('--data <json>', 'JSON, or @FILE (@- is stdin)')
      .option('--id <id>', 'the same id and source again change nothing (default: a new one)')
      .option('--source <source>', 'who says so')
      .option('--subject <subject>', 'what it is about'),
  ).action((id: string, type: string, options: EventOptions) => send(context, id, type, options));
}

async function send({ terminal }: CommandContext, run: string, type: string, options: EventOptions): Promise<void> {
  const { id, source, subject } = options;
  const event = {
    type,
    ...(id === undefined ? {} : { id }),
    ...(source === undefined ? {} : { source }),
    ...(subject === undefined ? {} : { subject }),
    ...(options.data === undefined ? {} : { data: await readJson('--data', options.data) }),
  };
  const client = await connect(options);
  const answer = await client.runs.sendEvent(run, event);
  await show(terminal, options.output, answer, () =>
    fields({ Event: answer.id, Outcome: answer.outcome, Woke: `${answer.woken} ${answer.woken === 1 ? 'wait' : 'waits'}` }),
  );
  if (answer.woken === 0)
    terminal.say(`Nothing in this run waits for ${type} now; a wait that begins later will find the event.`);
}
