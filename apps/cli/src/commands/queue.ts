import type { QueueView } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../program.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';
import { spanText } from '../time-text.js';

export function addQueueCommands(program: Command, context: CommandContext): void {
  const queue = program.command('queue').description('task queues: look at them, let executors take nothing from one');
  withServer(queue.command('list').description('how much waits, who reads, what is paused')).action((options: CommonOptions) =>
    list(context, options),
  );
  withServer(
    queue
      .command('pause')
      .description('no executor takes a new attempt of it; what runs goes on')
      .argument('<name>', 'of the queue')
      .option('--reason <text>', 'kept with it'),
  ).action(async (name: string, { reason, ...options }: CommonOptions & { readonly reason?: string }) => {
    const client = await connect(options);
    const paused = await client.queues.pause(name, reason === undefined ? {} : { reason });
    if (paused.executors === 0) context.terminal.say(`No executor reads ${name} now: it is paused for those to come.`);
    await print(context, paused, options);
  });
  withServer(queue.command('resume').description('go on with it').argument('<name>', 'of the queue')).action(
    async (name: string, options: CommonOptions) => print(context, await (await connect(options)).queues.resume(name), options),
  );
}

async function list({ terminal }: CommandContext, options: CommonOptions): Promise<void> {
  const page = await (await connect(options)).queues.list();
  const rows = page.items.map((queue) => [queue.name, depthOf(queue), ageOf(queue), String(queue.executors), pausedText(queue)]);
  await show(terminal, options.output, page, () => table(['QUEUE', 'WAITING', 'OLDEST', 'EXECUTORS', 'PAUSED'], rows));
}

const print = ({ terminal }: CommandContext, queue: QueueView, { output }: CommonOptions): Promise<void> =>
  show(terminal, output, queue, () =>
    fields({
      Queue: queue.name,
      Waiting: depthOf(queue),
      Oldest: ageOf(queue),
      Executors: String(queue.executors),
      Paused: pausedText(queue) ?? 'no',
    }),
  );

const depthOf = ({ depth }: QueueView): string | null => (depth === null ? null : String(depth));
const ageOf = ({ oldestAgeSeconds: age }: QueueView): string | null => (age === null ? null : spanText(age * 1_000));

const pausedText = ({ paused }: QueueView): string | null =>
  paused === null ? null : `since ${paused.at} by ${paused.by}${paused.reason === null ? '' : `: ${paused.reason}`}`;
