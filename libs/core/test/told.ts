import { parseDocument } from '../src/document/parse-document.js';

/** A document that is refused, and what is told of it. */
export type BadDocument = readonly [why: string, document: string, ...problems: string[]];

/** Each problem as `path line:column message | hint`, in the order told. */
export function told(text: string): string[] {
  const parsed = parseDocument(text);
  const problems = parsed.kind === 'bad' ? parsed.problems : [];
  return problems.map(
    ({ path, line, column, message, hint }) => `${path} ${line}:${column} ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}
