import { expect } from '@jest/globals';
import { SHARDS } from '@reprise/contracts';
import { compileWorkflow, type Json, type RetryPolicy, resolveRetry, type Workflow } from '@reprise/core';
import { eventually } from '@reprise/testing';
import type { Installation } from '../system/installation.js';
import { PATIENCE_MS, TASKS_PER_RUN } from './load.js';

export interface CheckOptions {
  /** Every start that was accepted, by its key. */
  readonly keys: readonly string[];
  /** The test is worth nothing below these: what happened must have happened. */
  readonly atLeast: { readonly runs: number; readonly faults: number };
  /** Faults that were observed: deaths, cuts, wipes. */
  readonly faults: number;
}

interface RunRow {
  readonly id: string;
  readonly key: string | null;
  readonly status: string;
  readonly scope: string;
  /** JSON text. */
  readonly error: string | null;
  /** As text. */
  readonly output: string | null;
  /** JSON text. */
  readonly document: string;
}

interface TaskRow {
  readonly run: string;
  readonly node: number;
  readonly at: string;
  readonly status: string;
  readonly attempt: number;
  readonly fence: string;
  readonly claim: string | null;
  /** Of an effect in the outside world: the fence it happened under. */
  readonly effect: string | null;
}

interface AttemptRow {
  readonly run: string;
  readonly node: number;
  readonly at: string;
  readonly attempt: number;
  readonly fence: string;
  readonly outcome: string;
}

/** What must be true of the ledger and of the outside world after any danger, once all is quiet. */
export async function checkLedger(reprise: Installation, options: CheckOptions): Promise<void> {
  expect(options.keys.length).toBeGreaterThanOrEqual(options.atLeast.runs);
  expect(options.faults).toBeGreaterThanOrEqual(options.atLeast.faults);
  await becomesQuiet(reprise);
  const ledger = await read(reprise);
  checkRuns(ledger.runs, options.keys);
  checkTasks(ledger);
  checkScopes(ledger);
  checkAttempts(ledger);
  checkEffects(reprise, ledger);
  await checkTransactions(reprise, ledger);
  await checkKeys(reprise, options.keys);
}

/** Nothing is on its way any more: no message waits, every end has been told. */
async function becomesQuiet(reprise: Installation): Promise<void> {
  const { names } = reprise.broker;
  const queues = [
    names.triggerQueue,
    names.timersQueue,
    names.taskQueue('default'),
    ...Array.from({ length: SHARDS }, (_, shard) => names.inboxQueue(shard)),
  ];
  await reprise.orTell(
    eventually(
      async () => {
        const depths = await reprise.broker.channel((channel) => Promise.all(queues.map((queue) => channel.checkQueue(queue))));
        expect(depths.filter(({ messageCount }) => messageCount > 0)).toEqual([]);
        expect(await reprise.database.query(`select id from reprise.run where not announced limit 3`)).toEqual([]);
      },
      { what: 'all is quiet', timeoutMs: PATIENCE_MS },
    ),
  );
  expect(await reprise.database.query(`select queue, reason from reprise.dead_letter`)).toEqual([]);
}

type Ledger = Awaited<ReturnType<typeof read>>;

async function read(reprise: Installation) {
  const runs = await reprise.database.query<RunRow>(
    `select r.id, r.key, r.status, r.scope, r.error::text, r.output #>> '{}' as output, w.document::text from reprise.run r join reprise.workflow w on w.id = r.workflow_id`,
  );
  const tasks = await reprise.database.query<TaskRow>(
    `select run_id as run, node, at, status, attempt, fence, claim, output ->> 'fence' as effect from reprise.task order by run_id, node, at`,
  );
  const attempts = await reprise.database.query<AttemptRow>(
    `select run_id as run, node, at, attempt, fence, outcome from reprise.attempt order by run_id, node, at, fence`,
  );
  return { runs, tasks, attempts };
}

/** Every accepted start has ended in exactly one run, and there are no others. */
function checkRuns(runs: readonly RunRow[], keys: readonly string[]): void {
  const others = runs.filter(({ status }) => status !== 'succeeded');
  expect(others.map(({ id, status, error }) => `${id} ${status}: ${error}`)).toEqual([]);
  expect(runs.filter(({ output }) => output !== 'last')).toEqual([]);
  expect(runs.map(({ key }) => key).sort()).toEqual([...keys].sort());
}

/** Every task of a succeeded run has succeeded, and nobody holds a claim. */
function checkTasks({ runs, tasks }: Ledger): void {
  expect(tasks).toHaveLength(runs.length * TASKS_PER_RUN);
  expect(tasks.filter(({ status, claim }) => status !== 'succeeded' || claim !== null)).toEqual([]);
}

const LETTERS: Readonly<Record<string, string>> = { succeeded: 's', failed: 'f', skipped: 'k', cancelled: 'x' };

/** By run. */
function workflowsOf({ runs }: Ledger): ReadonlyMap<string, Workflow> {
  const compiled = new Map<string, Workflow>();
  return new Map(
    runs.map(({ id, document }) => {
      const workflow = compiled.get(document) ?? compileWorkflow(JSON.parse(document) as Json);
      compiled.set(document, workflow);
      return [id, workflow];
    }),
  );
}

/** What a run's scope says of its members is what their rows say. */
function checkScopes(ledger: Ledger): void {
  const workflows = workflowsOf(ledger);
  const statuses = new Map(ledger.tasks.map((task) => [`${task.run} ${task.node} ${task.at}`, task.status]));
  for (const { id, scope } of ledger.runs) {
    const members = workflows.get(id)?.root.members ?? [];
    const letters = members.map((node) => LETTERS[statuses.get(`${id} ${node} `) ?? ''] ?? '?').join('');
    expect([id, scope]).toEqual([id, letters]);
  }
}

function policyOf(workflow: Workflow | undefined, node: number): RetryPolicy {
  const work = workflow?.nodes[node]?.work;
  if (work?.kind !== 'call') throw new Error(`node ${node} calls nothing`);
  return resolveRetry(work.retry);
}

/** Attempt numbers have neither gaps nor repetitions, fences grow with them, and no budget is overspent. */
function checkAttempts(ledger: Ledger): void {
  const { tasks, attempts } = ledger;
  const workflows = workflowsOf(ledger);
  const byTask = new Map<string, AttemptRow[]>();
  for (const attempt of attempts) {
    const key = `${attempt.run} ${attempt.node} ${attempt.at}`;
    byTask.set(key, [...(byTask.get(key) ?? []), attempt]);
  }
  for (const task of tasks) {
    const key = `${task.run} ${task.node} ${task.at}`;
    const ended = byTask.get(key) ?? [];
    const numbers = [...new Set([...ended.map(({ attempt }) => attempt), task.attempt])];
    expect([key, numbers]).toEqual([key, Array.from({ length: task.attempt }, (_, index) => index + 1)]);
    expect([key, ended.length]).toEqual([key, task.attempt === 1 ? ended.length : task.attempt]);
    const fences = ended.map(({ fence }) => Number(fence));
    expect([key, fences]).toEqual([key, [...new Set(fences)].sort((a, b) => a - b)]);
    expect(Number(task.fence)).toBeGreaterThanOrEqual(Math.max(0, ...fences));
    const count = (...outcomes: readonly string[]) => ended.filter(({ outcome }) => outcomes.includes(outcome)).length;
    const { maximumAttempts, maximumLost } = policyOf(workflows.get(task.run), task.node);
    expect(count('failed', 'timeout')).toBeLessThan(maximumAttempts);
    expect(count('lost')).toBeLessThanOrEqual(maximumLost);
  }
}

/**
 * The outside world saw no attempt twice under one fence, and what the ledger holds as the outcome is something that happened there,
 * under the fence that won.
 */
function checkEffects(reprise: Installation, { runs, tasks, attempts }: Ledger): void {
  const { effects } = reprise.recorder;
  const idOf = ({ run, task, fence, phase }: { run: string; task: string; fence: number; phase: string }) =>
    `${run} ${task} ${fence} ${phase}`;
  const seen = effects.map(idOf);
  expect(seen.filter((id, index) => seen.indexOf(id) !== index)).toEqual([]);
  const happened = new Set(seen);
  const recorded = tasks.filter(({ effect }) => effect !== null);
  expect(recorded).toHaveLength(runs.length * 2);
  const names = ['first', 'last'];
  for (const { run, effect } of recorded) {
    const fence = Number(effect);
    expect(names.some((task) => happened.has(idOf({ run, task, fence, phase: 'commit' })))).toBe(true);
  }
  // Each start beyond the first of a task has a loss in the ledger to answer for it.
  const starts = effects.filter(({ phase }) => phase === 'start').length;
  const lost = attempts.filter(({ outcome }) => outcome === 'lost').length;
  expect(starts).toBeLessThanOrEqual(runs.length * 2 + lost);
}

/** An effect that commits with its outcome is there exactly once. */
async function checkTransactions(reprise: Installation, { runs }: Ledger): Promise<void> {
  const rows = await reprise.database.query<{ run: string; count: number }>(
    `select run, count(*)::int as count from public.effect group by run`,
  );
  expect(rows.filter(({ count }) => count !== 1)).toEqual([]);
  expect(rows.map(({ run }) => run).sort()).toEqual(runs.map(({ id }) => id).sort());
}

/** Every key is settled on its one run; none is left open by somebody who has ended. */
async function checkKeys(reprise: Installation, keys: readonly string[]): Promise<void> {
  const rows = await reprise.database.query<{ key: string; run: string | null }>(
    `select i.key, r.id as run from reprise.idempotency i left join reprise.run r on r.id = i.run_id and r.key = i.key where i.scope = 'run'`,
  );
  expect(rows.map(({ key }) => key).sort()).toEqual([...keys].sort());
  expect(rows.filter(({ run }) => run === null)).toEqual([]);
  const open = await reprise.database.query(
    `select i.key from reprise.idempotency i join reprise.task t on t.run_id = i.run_id and t.node = i.node and t.at = i.at
     where i.scope = 'call' and i.state = 'open' and t.ended_at is not null`,
  );
  expect(open).toEqual([]);
}
