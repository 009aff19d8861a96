import { createHash } from 'node:crypto';
import { armSchedule, canonicalJson, compileWorkflow, isTimed, type Json, type Timed, type VersionId } from '@reprise/core';
import { type Statement, statement } from '../connection/statement.js';

type RunStatement = (statement: Statement, values: readonly unknown[]) => Promise<unknown>;

/**
 * Keeps the schedules and polls of a workflow in step with its current version, in the transaction that makes it the current one. A schedule is known by
 * its id: renamed it is a new one; with the same times as before it goes on where it was.
 */
export async function syncSchedules(run: RunStatement, name: string, version: VersionId, document: Json): Promise<void> {
  const [{ now }] = (await run(statement('database-now'), [])) as readonly [{ readonly now: number }];
  const schedules = compileWorkflow(document).triggers.flatMap((trigger, number) =>
    isTimed(trigger) ? [{ number, trigger, armed: armSchedule(`${name}/${trigger.id}`, trigger, now) }] : [],
  );
  await run(statement('delete-schedules'), [name, schedules.map(({ trigger }) => trigger.id)]);
  if (schedules.length === 0) return;
  await run(statement('upsert-schedules'), [
    schedules.map(() => name),
    schedules.map(({ trigger }) => trigger.id),
    schedules.map(() => version),
    schedules.map(({ number }) => number),
    schedules.map(({ trigger }) => definitionOf(trigger)),
    schedules.map(({ armed }) => armed.nextInstant),
    schedules.map(({ armed }) => armed.dueAt),
  ]);
}

/** All schedules of a workflow that starts nothing any more. */
export async function dropSchedules(run: RunStatement, name: string): Promise<void> {
  await run(statement('delete-schedules'), [name, []]);
}

/** SHA-256 of what decides when it fires. */
function definitionOf({ timing, timezone, startAt, endAt, dst, jitterMs }: Timed): string {
  const definition = { timing: { ...timing }, timezone, startAt, endAt, dst: { ...dst }, jitterMs };
  return createHash('sha256')
    .update(canonicalJson(JSON.parse(JSON.stringify(definition)) as Json))
    .digest('hex');
}
