import type { WorkflowDiff } from '@reprise/client';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { type CommonOptions, connect, show, withServer } from '../session.js';

type Change = WorkflowDiff['changes'][number];

export function addDiffCommand(workflow: Command, { terminal }: CommandContext): void {
  const diff = workflow
    .command('diff')
    .description('what changed from one version to another')
    .argument('<name>')
    .argument('[from]', 'a semver or number; default: the version before the newer one')
    .argument('[to]', 'a semver or number; default: the current version');
  withServer(diff).action(async (name: string, from: string | undefined, to: string | undefined, options: CommonOptions) => {
    const client = await connect(options);
    const versions = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    const found = await client.workflows.diff(name, versions);
    await show(terminal, options.output, found, () => textOf(found));
  });
}

function textOf({ workflow, from, to, changes }: WorkflowDiff): string {
  const lines = changes.flatMap(linesOf);
  return [`${workflow} ${from} → ${to}`, ...(lines.length === 0 ? ['no difference'] : lines)].join('\n');
}

function linesOf(change: Change): readonly string[] {
  const old = (value: unknown): string => `- ${change.path}: ${JSON.stringify(value)}`;
  const young = (value: unknown): string => `+ ${change.path}: ${JSON.stringify(value)}`;
  switch (change.kind) {
    case 'added':
      return [young(change.after)];
    case 'removed':
      return [old(change.before)];
    case 'changed':
      return [old(change.before), young(change.after)];
    case 'moved':
      return [`~ ${change.path}: order ${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}`];
  }
}
