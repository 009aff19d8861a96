import { type ExecutorView, readAll } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { table } from '../table.js';

const HEADINGS = ['EXECUTOR', 'QUEUES', 'HANDLERS', 'BUSY', 'FREE', 'SINCE', 'LAST SEEN', 'VERSION'];

/** Handlers of one row of the table; `-o json` has all of them. */
const MOST_SHOWN = 4;

export function addExecutorCommands(program: Command, context: CommandContext): void {
  const executor = program.command('executor').description('the processes that host handlers');
  withServer(executor.command('list').description('which live, what each hosts, how busy it is')).action(
    async (options: CommonOptions) => {
      const client = await connect(options);
      const items = await readAll((page) => client.executors.list(page));
      await show(context.terminal, options.output, { items, next: null }, () => table(HEADINGS, items.map(rowOf)));
    },
  );
}

const rowOf = (executor: ExecutorView): readonly (string | null)[] => [
  executor.id,
  executor.queues.join(', '),
  handlersOf(executor),
  numberText(executor.busy),
  // A worker that does not tell how busy it is has told how many slots it has.
  executor.free === null && executor.concurrency !== null ? `of ${executor.concurrency}` : numberText(executor.free),
  executor.startedAt,
  executor.lastSeenAt,
  executor.version,
];

function handlersOf({ handlers }: ExecutorView): string {
  const more = handlers.length - MOST_SHOWN;
  return `${handlers.slice(0, MOST_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const numberText = (value: number | null): string | null => (value === null ? null : String(value));
