import { type AttemptTicket, names, outgoingOf } from '@reprise/contracts';
import {
  type Json,
  parseDocument,
  type RunId,
  runId,
  startRun,
  toJsonText,
  type VersionId,
  versionId,
  type Workflow,
} from '@reprise/core';
import { type Database, interestsOf, StartStore, subscriptionsOf, WaitStore, WorkflowStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';

const LIMITS = { maxInputBytes: 1_048_576, maxOutputBytes: 1_048_576, maxItems: 100_000 };

export interface RegisteredWorkflow {
  readonly version: VersionId;
  readonly workflow: Workflow;
}

export interface StartedRun {
  readonly run: RunId;
  /** Of its first attempts, as they would be in their queues. */
  readonly tickets: readonly AttemptTicket[];
}

/** Stores a document as the current version of its name. */
export async function registerWorkflow(database: Database, document: string): Promise<RegisteredWorkflow> {
  const parsed = parseDocument(document);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  const { workflow } = parsed;
  const id = versionId(systemClock.uuidv7());
  const registered = await new WorkflowStore(database).register(
    id,
    workflow.name,
    workflow.version,
    parsed.document,
    interestsOf(workflow),
  );
  if (registered.kind === 'conflict') throw new Error(`${workflow.name} is registered with other content`);
  return { version: registered.version.id, workflow };
}

/** Runs in the ledger as the trigger writes them; nothing is published. */
export async function startRuns(
  database: Database,
  { version, workflow }: RegisteredWorkflow,
  inputs: readonly Json[] = [{}],
): Promise<readonly StartedRun[]> {
  const topology = names('nowhere');
  const now = systemClock.now();
  const started = inputs.map((input) => {
    const request = { id: runId(systemClock.uuidv7()), input: toJsonText(input), labels: {} };
    return startRun(workflow, request, { now, units: [0.5], limits: LIMITS });
  });
  const writes = started.map(({ run, tasks, attempts }) => ({ run, version, workflow: workflow.name, tasks, attempts }));
  await new StartStore(database).insertRuns(writes.map((write) => ({ ...write, trigger: 'api', key: null })));
  const subscriptions = started.flatMap((each) => subscriptionsOf({ ...each, version, workflow, now }));
  await database.transaction(async (session) => {
    const waits = new WaitStore(session);
    await waits.lock([], subscriptions);
    await waits.subscribe(subscriptions);
  });
  return started.map(({ run, messages }) => {
    const outgoing = outgoingOf(topology, { workflow, version, run, now }, messages);
    return { run: run.id, tickets: outgoing.flatMap(({ tickets = [] }) => tickets) };
  });
}
