import type { DocumentProblem } from '@reprise/client';
import { printable, type Terminal } from './terminal.js';

/** `file:line:column: message (hint)`: what editors and CI jump to. */
export function problemLine(file: string, { path, line, column, message, hint }: DocumentProblem, kind = ''): string {
  const where = path === '' ? '' : `${path}: `;
  return printable(`${file}:${line}:${column}: ${kind}${where}${message}${hint === null || hint === '' ? '' : ` (${hint})`}`);
}

export function sayProblems(terminal: Terminal, file: string, problems: readonly DocumentProblem[], kind = ''): void {
  for (const problem of problems) terminal.say(problemLine(file, problem, kind));
}

/** A problem's members, if they are those of a document's problem. */
export function documentProblems(errors: readonly Readonly<Record<string, unknown>>[] | undefined): readonly DocumentProblem[] {
  return (errors ?? []).flatMap(({ path, line, column, message, hint }) =>
    typeof line === 'number' && typeof column === 'number' && typeof message === 'string'
      ? [{ path: typeof path === 'string' ? path : '', line, column, message, hint: typeof hint === 'string' ? hint : null }]
      : [],
  );
}
