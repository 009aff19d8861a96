import { type ParsedDocument, type Problem, parseDocument } from '@reprise/core';
import { TesterError } from './tester-error.js';

/** A document as it was accepted. */
export type AcceptedDocument = Extract<ParsedDocument, { kind: 'ok' }>;

/** YAML or JSON text, or a document as an object. @throws BadDocument */
export function readDocument(document: string | object): AcceptedDocument {
  const parsed = parseDocument(typeof document === 'string' ? document : JSON.stringify(document, null, 2));
  if (parsed.kind === 'ok') return parsed;
  throw new BadDocument(parsed.problems);
}

/** What registering it would say: every problem, with its place and what to do. */
export class BadDocument extends TesterError {
  constructor(readonly problems: readonly Problem[]) {
    super('BAD_DOCUMENT', `the document has ${problems.length} problem(s)\n${problems.map(shown).join('\n')}`);
  }
}

const shown = ({ path, line, column, message, hint }: Problem): string =>
  `  ${line}:${column}: ${path === '' ? '' : `${path}: `}${message}${hint === null ? '' : ` (${hint})`}`;
