import { expect } from '@jest/globals';
import { parseDocument } from '@reprise/core';
import type { WorkflowDocument } from '../src/index.js';

/** What a person would have written is what comes out, and what registering accepts. */
export function expectDocument(built: WorkflowDocument, written: object): void {
  expect(JSON.parse(JSON.stringify(built))).toEqual(written);
  expect(built).toEqual(written);
  const parsed = parseDocument(JSON.stringify(built));
  const problems = parsed.kind === 'ok' ? parsed.warnings : parsed.problems;
  expect(problems.filter(({ message }) => !message.endsWith('not supported yet'))).toEqual([]);
}
