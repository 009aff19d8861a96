import { type Json, parseDocument, type Workflow } from '@reprise/core';

/** The compiled workflow of a document, YAML text or JSON. Throws with every problem if it is a bad one. */
export function workflowOf(document: string | Json): Workflow {
  const parsed = parseDocument(typeof document === 'string' ? document : JSON.stringify(document));
  if (parsed.kind === 'ok') return parsed.workflow;
  throw new Error(parsed.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n'));
}
