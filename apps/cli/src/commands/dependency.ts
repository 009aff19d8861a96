import { type DependencyView, readAll } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';

export function addDependencyCommands(program: Command, context: CommandContext): void {
  const dependency = program.command('dependency').description('what calls depend on: circuit breakers, recent failures');
  withServer(dependency.command('list').description('which breakers are open, why, and what has failed')).action(
    (options: CommonOptions) => list(context, options),
  );
  withServer(
    dependency
      .command('open')
      .description('keep calls away from it until its breaker is closed by hand')
      .argument('<name>', 'of the dependency')
      .option('--reason <text>', 'shown on every attempt that waits'),
  ).action(async (name: string, { reason, ...options }: CommonOptions & { readonly reason?: string }) =>
    print(context, await (await connect(options)).dependencies.open(name, reason === undefined ? {} : { reason }), options),
  );
  withServer(
    dependency
      .command('close')
      .description('let canaries through at once, and those that wait after them')
      .argument('<name>', 'of the dependency'),
  ).action(async (name: string, options: CommonOptions) =>
    print(context, await (await connect(options)).dependencies.close(name), options),
  );
}

async function list({ terminal }: CommandContext, options: CommonOptions): Promise<void> {
  const client = await connect(options);
  const items = await readAll((page) => client.dependencies.list(page));
  const rows = items.map((each) => [each.name, each.state, callsOf(each), String(each.waiting), each.until, each.cause]);
  await show(terminal, options.output, { items, next: null }, () =>
    table(['DEPENDENCY', 'BREAKER', 'FAILED', 'WAITING', 'UNTIL', 'CAUSE'], rows),
  );
}

const print = ({ terminal }: CommandContext, dependency: DependencyView, { output }: CommonOptions): Promise<void> =>
  show(terminal, output, dependency, () =>
    fields({
      Dependency: dependency.name,
      Breaker: dependency.state,
      Failed: callsOf(dependency),
      Waiting: String(dependency.waiting),
      Until: dependency.until ?? '-',
      Cause: dependency.cause ?? '-',
    }),
  );

const callsOf = ({ calls, failures }: DependencyView): string => `${failures} of ${calls}`;
