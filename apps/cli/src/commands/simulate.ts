import { RepriseError, type RetrySimulationView } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { exitCodeOf } from '../exit-code.js';
import { documentProblems, sayProblems } from '../print-problems.js';
import { readText } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { simulationText } from '../simulation-text.js';

interface RetryOptions extends CommonOptions {
  readonly workflow: string;
  readonly policy: string;
  readonly version?: string;
  readonly task?: string;
  readonly since?: string;
}

export function addSimulateCommands(program: Command, context: CommandContext): void {
  const simulate = program.command('simulate').description('what would have been, from what was recorded; changes nothing');
  withServer(
    simulate
      .command('retry')
      .description('replay recorded tasks under another retry policy')
      .requiredOption('--workflow <name>')
      .requiredOption('--policy <file>', 'the fields of `retry`, YAML or JSON; - is stdin. What it leaves out stays as it was')
      .option('--version <version>', 'only runs of this semver or number (default: of any)')
      .option('--task <path>', 'like page.charge: a task, or a group with all in it (default: every call)')
      .option('--since <time>', 'a duration back from now like 7d (default), or a time like 2030-01-31T12:00:00Z'),
  ).action((options: RetryOptions) => simulateRetry(context, options));
}

async function simulateRetry({ terminal, exit }: CommandContext, options: RetryOptions): Promise<void> {
  const { workflow, policy: file, version, task, since } = options;
  const policy = await readText(file);
  const client = await connect(options);
  const asked = {
    workflow,
    policy,
    ...(version === undefined ? {} : { version }),
    ...(task === undefined ? {} : { task }),
    ...(since === undefined ? {} : { since }),
  };
  let report: RetrySimulationView;
  try {
    report = await client.simulations.retry(asked);
  } catch (error) {
    // What is wrong in the file is told where it stands, as of documents.
    const problems = error instanceof RepriseError ? documentProblems(error.problem.errors) : [];
    if (problems.length === 0) throw error;
    sayProblems(
      terminal,
      file,
      problems.map((problem) => ({ ...problem, path: problem.path.replace(/^policy\.?/, '') })),
    );
    exit(exitCodeOf(error));
    return;
  }
  await show(terminal, options.output, report, () => simulationText(report));
  if (report.truncated) terminal.say('Only the newest were read, there are more: --since takes less of the past.');
}
