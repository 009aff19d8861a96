import type { EffectFinding } from '@reprise/client';
import { Argument, type Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../exit-code.js';
import { readJson } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields } from '../table.js';

const OUTCOMES = ['succeeded', 'failed', 'retry'] as const;

interface SettleOptions extends CommonOptions {
  readonly happened?: readonly string[];
  readonly notHappened?: readonly string[];
  readonly reason?: string;
}

interface ResolveOptions extends SettleOptions {
  readonly result?: string;
}

const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const HAPPENED = [
  '--happened <effect[=json]>',
  'an effect in doubt that has happened, with its result; may be repeated',
  collected,
] as const;
const NOT_HAPPENED = ['--not-happened <effect>', 'an effect in doubt that has not happened; may be repeated', collected] as const;
const REASON = ['--reason <text>', 'kept with the request'] as const;

interface Answer {
  readonly id: string;
  readonly task?: string;
  readonly status: string;
  readonly applied: boolean;
}

/** What is asked of a run, or of one of its tasks, while it goes on. */
export function addVerbs(run: Command, context: CommandContext): void {
  const one = (name: string, description: string) =>
    withServer(run.command(name).description(description).argument('<id>', 'of the run'));
  one('pause', 'start nothing more until it is resumed; what runs may end').action(async (id: string, options: CommonOptions) =>
    say(context, options, await (await connect(options)).runs.pause(id)),
  );
  one('resume', 'go on with a paused run').action(async (id: string, options: CommonOptions) =>
    say(context, options, await (await connect(options)).runs.resume(id)),
  );
  one('retry-now', 'end the wait before the next attempt of a task')
    .argument('<task>', 'its path, like page[3].charge')
    .action(async (id: string, task: string, options: CommonOptions) =>
      say(context, options, await (await connect(options)).runs.retryNow(id, task)),
    );
  one('resolve', 'say what a parked task has come to, or have it tried again')
    .argument('<task>', 'its path, like page[3].charge or charge:compensate')
    .addArgument(new Argument('<outcome>').choices(OUTCOMES))
    .option('--result <json>', 'output of a success: JSON, or @FILE (@- is stdin)')
    .option(...HAPPENED)
    .option(...NOT_HAPPENED)
    .option(...REASON)
    .action((id: string, task: string, outcome: (typeof OUTCOMES)[number], options: ResolveOptions) =>
      resolve(context, { id, task, outcome }, options),
    );
  one('settle', 'say what has become of effects that an ended task has left in doubt')
    .argument('<task>', 'its path, like page[3].charge')
    .option(...HAPPENED)
    .option(...NOT_HAPPENED)
    .option(...REASON)
    .action((id: string, task: string, options: SettleOptions) => settle(context, { id, task }, options));
}

async function resolve(
  context: CommandContext,
  { id, task, outcome }: { readonly id: string; readonly task: string; readonly outcome: (typeof OUTCOMES)[number] },
  options: ResolveOptions,
): Promise<void> {
  const { result, reason } = options;
  const output = result === undefined ? {} : { output: await readJson('--result', result) };
  const effects = await readFindings(options);
  const resolution = {
    outcome,
    ...output,
    ...(reason === undefined ? {} : { reason }),
    ...(effects.length === 0 ? {} : { effects }),
  };
  const client = await connect(options);
  await say(context, options, await client.runs.resolve(id, task, resolution));
}

async function settle(
  context: CommandContext,
  { id, task }: { readonly id: string; readonly task: string },
  options: SettleOptions,
): Promise<void> {
  const effects = await readFindings(options);
  if (effects.length === 0)
    throw new UsageError('say of at least one effect what has become of it: --happened or --not-happened');
  const { reason } = options;
  const client = await connect(options);
  await say(context, options, await client.runs.settle(id, task, { effects, ...(reason === undefined ? {} : { reason }) }));
}

const readFindings = async ({ happened = [], notHappened = [] }: SettleOptions): Promise<readonly EffectFinding[]> => [
  ...(await Promise.all(happened.map(readHappened))),
  ...notHappened.map((name) => ({ name, happened: false })),
];

/** `charge`, or `charge={"id": 7}`, or `charge=@FILE` */
async function readHappened(text: string) {
  const at = text.indexOf('=');
  const [name, json] = at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  return { name, happened: true, result: json === null ? null : await readJson(`--happened ${name}`, json) };
}

async function say({ terminal }: CommandContext, { output }: CommonOptions, answer: Answer): Promise<void> {
  const status = answer.applied ? answer.status : `${answer.status}, kept until a scheduler comes to it`;
  await show(terminal, output, answer, () => fields({ Run: answer.id, Task: answer.task ?? null, Status: status }));
}
