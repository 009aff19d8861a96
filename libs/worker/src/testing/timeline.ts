import { type Decision, explainWhy, keyOf, pathOf, type RunState, type TaskKey, type TaskState } from '@reprise/core';
import type { Interpreter } from './interpreter/index.js';
import { durationOf, instantOf } from './virtual-time.js';

/** One thing that happened. */
export interface Happening {
  /** `2026-01-01T00:00:00.000Z` */
  readonly at: string;
  /** Since the run was created: `1m2s`. */
  readonly after: string;
  /** `page[3].charge`; null: the run itself. */
  readonly task: string | null;
  readonly what: What;
  /** In words: `attempt 2 waits 1s: exponential 1s (1s × 2^0), full jitter 0.50; retry 1 of 2 after BUSY`. */
  readonly text: string;
}

export type What = 'run' | 'attempt began' | 'attempt ended' | 'waiting' | 'told' | 'ended' | 'emitted';

type Found = { readonly ms: number } & Pick<Happening, 'task' | 'what' | 'text'>;

/** What happened to a run, in order. */
export function timelineOf(run: Interpreter): readonly Happening[] {
  const { createdAt } = run.run;
  return new Chronicle(run)
    .write()
    .sort((a, b) => a.ms - b.ms)
    .map(({ ms, ...happening }) => ({ at: instantOf(ms), after: durationOf(ms - createdAt), ...happening }));
}

/** Reads what was committed, decision by decision, and tells what changed. */
class Chronicle {
  private readonly found: Found[] = [];
  private readonly seen = new Map<TaskKey, TaskState>();
  private before: RunState | null = null;

  constructor(private readonly run: Interpreter) {}

  write(): Found[] {
    const { executor, decisions } = this.run;
    for (const { key, attempt, at } of executor.claims)
      this.tell(at, this.pathOf(addressOf(key)), 'attempt began', `attempt ${attempt} begins`);
    for (const { now, decision, inputs, applied } of decisions) {
      // In the same decision it may have ended already.
      if (inputs.some(({ kind }, index) => kind === 'resume' && applied[index] === 'applied'))
        this.tell(now, null, 'run', 'is resumed');
      this.readAttempts(now, decision);
      for (const task of decision.tasks) this.readTask(now, task);
      this.readPeople(now, decision);
      for (const message of decision.messages)
        if (message.kind === 'emit') this.tell(now, this.pathOf(message), 'emitted', `publishes ${message.event.type}`);
      if (decision.run !== null) this.readRun(now, decision.run);
    }
    return this.found;
  }

  private tell(ms: number, task: string | null, what: What, text: string): void {
    this.found.push({ ms, task, what, text });
  }

  private pathOf(address: { readonly node: number; readonly at: string }): string {
    return pathOf(this.run.workflow, address);
  }

  private readAttempts(ms: number, { attempts }: Decision): void {
    for (const { attempt, outcome, error, verdict, ...of } of attempts) {
      const next = verdict === null ? '' : `; ${explainWhy(verdict)}`;
      this.tell(ms, this.pathOf(of), 'attempt ended', `attempt ${attempt}: ${outcome}${because(error)}${next}`);
    }
  }

  private readTask(ms: number, task: TaskState): void {
    const key = keyOf(task.node, task.at);
    const before = this.seen.get(key);
    this.seen.set(key, task);
    if (before?.status === task.status && before.fence === task.fence) return;
    const path = this.pathOf(task);
    if (task.status === 'waiting') this.tell(ms, path, 'waiting', waitText(task));
    if (task.status === 'parked') this.tell(ms, path, 'waiting', `is parked${because(task.error)}: somebody must resolve it`);
    if (task.endedAt !== null && before?.status !== task.status)
      this.tell(ms, path, 'ended', `${task.status}${task.status === 'succeeded' ? '' : because(task.error)}`);
  }

  private readPeople(ms: number, { approvals }: Decision): void {
    for (const write of approvals) {
      const path = this.pathOf(write);
      if (write.kind === 'request') this.tell(ms, path, 'told', `asks ${names(write.assignees)}: ${write.subject}`);
      if (write.kind === 'remind') this.tell(ms, path, 'told', `reminds them, for the ${write.number}. time`);
      if (write.kind === 'escalate') this.tell(ms, path, 'told', `asks ${names(write.to)} too`);
      if (write.kind === 'expire') this.tell(ms, path, 'told', `nobody answered in time: ${write.decision}`);
    }
  }

  private readRun(ms: number, run: RunState): void {
    const { before } = this;
    this.before = run;
    const closes = run.scope.closing !== null && before?.scope.closing !== run.scope.closing;
    if (closes && run.endedAt === null)
      this.tell(ms, null, 'run', `is going to end as ${run.scope.closing}${because(run.scope.error)}: what is open is stopped`);
    const resumes = before?.status === 'paused' && run.status === 'running';
    if (before?.status !== run.status && !resumes) this.tell(ms, null, 'run', runText(before, run));
  }
}

function runText(before: RunState | null, { status, error }: RunState): string {
  switch (status) {
    case 'queued':
      return 'waits for its place';
    case 'running':
      return before === null || before.status === 'queued' ? 'starts' : 'is taken up again';
    case 'paused':
      return 'is paused';
    default:
      return `${status}${because(error)}`;
  }
}

function waitText({ progress, dueAt }: TaskState): string {
  const until = dueAt === null ? '' : ` until ${instantOf(dueAt)}`;
  switch (progress?.kind) {
    case 'approval':
      return 'waits for a person';
    case 'wait':
      return `waits for an event${until}`;
    case 'child':
      return `waits for a run of ${progress.workflow}`;
    default:
      return `waits${until}`;
  }
}

const because = (error: { readonly code: string; readonly message: string } | null): string =>
  error === null ? '' : ` with ${error.code}, ${error.message}`;

const names = (people: readonly string[]): string => (people.length === 0 ? 'anybody' : people.join(', '));

function addressOf(key: TaskKey): { readonly node: number; readonly at: string } {
  const [node = '', at = ''] = key.split(':');
  return { node: Number(node), at };
}
