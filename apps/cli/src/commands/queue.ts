import { type QueueView, readAll } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
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
  const client = await connect(options);
  const items = await readAll((page) => client.queues.list(page));
  const rows = items.map((queue) => [
    queue.name,
    depthOf(queue),
    lanesOf(queue),
    ageOf(queue),
    String(queue.executors),
    pausedText(queue),
  ]);
  await show(terminal, options.output, { items, next: null }, () =>
    table(['QUEUE', 'WAITING', 'LANES', 'OLDEST', 'EXECUTORS', 'PAUSED'], rows),
  );
}

const print = ({ terminal }: CommandContext, queue: QueueView, { output }: CommonOptions): Promise<void> =>
  show(terminal, output, queue, () =>
    fields({
      Queue: queue.name,
      Waiting: depthOf(queue),
      Lanes: lanesOf(queue),
      Oldest: ageOf(queue),
      Executors: String(queue.executors),
      Paused: pausedText(queue) ?? 'no',
    }),
  );

const depthOf = ({ depth }: QueueView): string | null => (depth === null ? null : String(depth));
/** Those in which something waits. */
const lanesOf = ({ lanes }: QueueView): string =>
  lanes
    .filter(({ depth, oldestAgeSeconds }) => (depth ?? 0) > 0 || oldestAgeSeconds !== null)
    .map(
      ({ lane, depth, oldestAgeSeconds: age }) => `${lane} ${depth ?? '?'}${age === null ? '' : ` (${spanText(age * 1_000)})`}`,
    )
    .join(', ');
const ageOf = ({ oldestAgeSeconds: age }: QueueView): string | null => (age === null ? null : spanText(age * 1_000));

const pausedText = ({ paused }: QueueView): string | null =>
  paused === null ? null : `since ${paused.at} by ${paused.by}${paused.reason === null ? '' : `: ${paused.reason}`}`;
