import type { HistoryFact } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { table } from '../table.js';
import { errorText } from '../watch/task-tree.js';

interface HistoryOptions extends CommonOptions {
  readonly limit?: string;
  readonly cursor?: string;
}

const HEADINGS = ['AT', 'FACT', 'TASK', 'ATTEMPT', 'EXECUTOR', 'BY', 'WHAT'];

export function addHistory(run: Command, context: CommandContext): void {
  withServer(
    run
      .command('history')
      .description('every fact of a run in order: what happened when, who did it, what was decided and why')
      .argument('<id>', 'of the run')
      .option('--limit <count>', '1 to 500 (default: 50)')
      .option('--cursor <cursor>', '`next` of the page before'),
  ).action((id: string, options: HistoryOptions) => history(context, id, options));
}

async function history({ terminal }: CommandContext, id: string, options: HistoryOptions): Promise<void> {
  const { limit, cursor, output } = options;
  const client = await connect(options);
  const page = await client.runs.history(id, {
    ...(limit === undefined ? {} : { limit: Number(limit) }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  await show(terminal, output, page, () => table(HEADINGS, page.items.map(rowOf)));
  if (output === 'table' && page.next !== null) terminal.say(`there are more: --cursor ${page.next}`);
}

const rowOf = (fact: HistoryFact): readonly (string | null)[] => [
  fact.at,
  fact.kind,
  fact.task,
  fact.attempt === null ? null : String(fact.attempt),
  fact.executor,
  fact.by,
  whatOf(fact),
];

/** What went wrong, what was decided about it, why there is an attempt at all; the first one needs no reason. */
function whatOf({ error, verdictText, why, whyText, detail }: HistoryFact): string {
  const parts = [
    error === null ? null : errorText(error),
    verdictText === null ? null : `→ ${verdictText}`,
    why?.reason === 'first' ? null : whyText,
    detail === null ? null : JSON.stringify(detail),
  ];
  return parts.filter((part) => part !== null).join('  ');
}
