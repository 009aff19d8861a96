import { compileWorkflow, type Json, type PollTrigger, type VersionId, versionId } from '@reprise/core';
import { type Statement, statement } from '../connection/statement.js';
import { documentHash } from './document-hash.js';
import { uuidOfDigest } from './uuid-of-digest.js';

type RunStatement = (statement: Statement, values: readonly unknown[]) => Promise<unknown>;

/** Of the workflow whose runs are the probes of a poll: made of what they do, so that every process knows it without asking. */
export const probeVersion = ({ probe }: Pick<PollTrigger, 'probe'>): VersionId => versionId(uuidOfDigest(documentHash(probe)));

/**
 * Keeps what probes of a workflow's polls are runs of, in the transaction that makes it the current one. They are versions like any other, but
 * no name points to them: nobody can start or list them as workflows.
 */
export async function storeProbes(run: RunStatement, document: Json): Promise<void> {
  for (const trigger of compileWorkflow(document).triggers) {
    if (trigger.kind !== 'poll') continue;
    const { probe } = trigger;
    await run(statement('insert-probe'), [probeVersion(trigger), probe.workflow, documentHash(probe), JSON.stringify(probe)]);
  }
}
