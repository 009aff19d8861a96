import { createHash } from 'node:crypto';
import type { Workflow } from '@reprise/core';
import { uuidOfDigest } from './uuid-of-digest.js';

/** What some workflow waits for: events of a type, by what an expression makes of them. */
export interface Interest {
  readonly id: string;
  /** Topic syntax. */
  readonly pattern: string;
  /** Source of an expression on `event`. */
  readonly match: string;
}

/** The same pattern and expression have the same id, in every workflow and process. */
export function interestId(pattern: string, match: string): string {
  return uuidOfDigest(createHash('sha256').update(`${pattern}\n${match}`).digest('hex'));
}

/** All that a workflow waits for. */
export function interestsOf(workflow: Workflow): readonly Interest[] {
  const interests = new Map<string, Interest>();
  for (const { work } of workflow.nodes) {
    if (work.kind !== 'wait') continue;
    const { pattern, match } = work;
    const id = interestId(pattern, match.source);
    interests.set(id, { id, pattern, match: match.source });
  }
  return [...interests.values()];
}
