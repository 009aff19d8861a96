import { compileWorkflow, type Json } from '@reprise/core';
import { type Statement, statement } from '../connection/statement.js';

type RunStatement = (statement: Statement, values: readonly unknown[]) => Promise<unknown>;

/** Keeps what a workflow follows, the probes of its polls too, in step with its current version, in the transaction that makes it the current one. */
export async function syncFollows(run: RunStatement, name: string, document: Json): Promise<void> {
  const triggers = compileWorkflow(document).triggers.flatMap((trigger) => {
    if (trigger.kind === 'poll') return [trigger.probe.workflow];
    return trigger.kind === 'workflow' ? [trigger.workflow] : [];
  });
  await run(statement('set-follows'), [name, [...new Set(triggers)]]);
}

/** A workflow that starts nothing any more follows nobody. */
export async function dropFollows(run: RunStatement, name: string): Promise<void> {
  await run(statement('set-follows'), [name, []]);
}
