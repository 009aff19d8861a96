import { type AppliedWorkflow, type RepriseClient, RepriseError, readAll, type WorkflowView } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { EXIT, exitCodeOf } from '../exit-code.js';
import { documentProblems, sayProblems } from '../print-problems.js';
import { readText } from '../read-argument.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';
import { fields, table } from '../table.js';
import { addDiffCommand } from './workflow-diff.js';

export function addWorkflowCommands(program: Command, context: CommandContext): void {
  const workflow = program.command('workflow').description('register and look at workflows');
  withServer(
    workflow
      .command('apply')
      .description('register documents; the same content again changes nothing')
      .argument('<files...>', 'YAML or JSON; - is stdin'),
  ).action((files: readonly string[], options: CommonOptions) => apply(context, files, options));
  withServer(workflow.command('list').description('workflows that may start')).action((options: CommonOptions) =>
    list(context, options),
  );
  withServer(
    workflow
      .command('show')
      .description('one workflow with its document')
      .argument('<name>')
      .option('--version <version>', 'a semver or number; default: the current one'),
  ).action((name: string, options: CommonOptions & { readonly version?: string }) => showOne(context, name, options));
  addDiffCommand(workflow, context);
  withServer(
    workflow
      .command('archive')
      .description('it starts nothing more; its runs go on; applying it again brings it back')
      .argument('<name>'),
  ).action(async (name: string, options: CommonOptions) => {
    await (await connect(options)).workflows.archive(name);
    context.terminal.say(`${name} is archived`);
  });
}

async function apply({ terminal, exit }: CommandContext, files: readonly string[], options: CommonOptions): Promise<void> {
  const client = await connect(options);
  const applied: AppliedWorkflow[] = [];
  for (const file of files) {
    const answer = await applyFile(client, file, await readText(file));
    if (answer instanceof RepriseError) {
      sayProblems(terminal, file, documentProblems(answer.problem.errors));
      terminal.say(`${file}: not registered: ${answer.message}`);
      exit(exitCodeOf(answer));
    } else {
      sayProblems(terminal, file, answer.warnings, 'warning: ');
      applied.push(answer);
    }
  }
  if (applied.length === 0) return;
  const rows = applied.map((each) => [
    each.workflow,
    each.version,
    each.hash.slice(0, 12),
    each.created ? 'registered' : 'unchanged',
  ]);
  await show(terminal, options.output, { items: applied }, () => table(['WORKFLOW', 'VERSION', 'HASH', 'RESULT'], rows));
}

/** A document that is refused does not keep the other files from being registered; a server that is away does. */
async function applyFile(client: RepriseClient, file: string, text: string): Promise<AppliedWorkflow | RepriseError> {
  try {
    return await client.workflows.apply(text);
  } catch (error) {
    const code = exitCodeOf(error);
    if (error instanceof RepriseError && (code === EXIT.usage || code === EXIT.conflict)) return error;
    throw error instanceof Error ? Object.assign(error, { file }) : error;
  }
}

async function list({ terminal }: CommandContext, options: CommonOptions): Promise<void> {
  const client = await connect(options);
  const items = await readAll((page) => client.workflows.list(page));
  const rows = items.map((each) => [each.workflow, each.version ?? `#${each.versionNumber}`, each.createdAt, each.description]);
  await show(terminal, options.output, { items, next: null }, () =>
    table(['WORKFLOW', 'VERSION', 'REGISTERED', 'DESCRIPTION'], rows),
  );
}

async function showOne(
  { terminal }: CommandContext,
  name: string,
  options: CommonOptions & { readonly version?: string },
): Promise<void> {
  const client = await connect(options);
  const found = await client.workflows.get(name, options.version);
  const { stringify } = await import('yaml');
  await show(terminal, options.output, found, () => `${summaryOf(found)}\n\n${stringify(found.document).trimEnd()}`);
}

function summaryOf({ workflow, version, versionNumber, hash, createdAt, archived, description }: WorkflowView): string {
  return fields({
    Workflow: workflow,
    Version: version === null ? `#${versionNumber}` : `${version} (#${versionNumber})`,
    Hash: hash,
    Registered: createdAt,
    Archived: archived ? 'yes: it starts nothing' : null,
    Description: description,
  });
}
