import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-code.js';
import { sayProblems } from '../print-problems.js';
import { readText } from '../read-argument.js';
import { type OutputFormat, show, withOutput } from '../session.js';

export function addValidateCommand(program: Command, { terminal, exit }: CommandContext): void {
  const validate = program
    .command('validate')
    .description('check workflow documents here, without a server: every problem with its place')
    .argument('<files...>', 'YAML or JSON; - is stdin');
  withOutput(validate).action(async (files: readonly string[], { output }: { output: OutputFormat }) => {
    const { parseDocument } = await import('@reprise/core');
    const items: Record<string, unknown>[] = [];
    for (const file of files) {
      const parsed = parseDocument(await readText(file));
      const problems = parsed.kind === 'bad' ? parsed.problems : [];
      const warnings = parsed.kind === 'ok' ? parsed.warnings : [];
      items.push({ file, valid: parsed.kind === 'ok', problems, warnings });
      if (parsed.kind === 'bad') exit(EXIT.usage);
      if (output !== 'table') continue;
      sayProblems(terminal, file, problems);
      sayProblems(terminal, file, warnings, 'warning: ');
      if (parsed.kind !== 'ok') continue;
      const { name, nodes } = parsed.workflow;
      terminal.print(`${file}: ok (${name}, ${nodes.length === 1 ? '1 task' : `${nodes.length} tasks`})`);
    }
    if (output !== 'table') await show(terminal, output, { items }, () => '');
  });
}
