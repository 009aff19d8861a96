import { type Decision, enclosing, hasRunEnded, hasTaskEnded, pathOf, type TaskState } from '@reprise/core';
import type { Decided } from '../decision-messages.js';
import type { TopologyNames } from '../topology.js';
import { aboutRun, spanOf } from './about-run.js';
import { type AttemptSpan, attemptSpan } from './attempt-span.js';
import { runSpanId, taskSpanId } from './span-ids.js';
import type { SpanRecord } from './span-record.js';

type Ended = Pick<Decision, 'tasks' | 'attempts' | 'facts' | 'messages'>;

/**
 * What a committed decision ends, as spans: of the run, of tasks, of attempts. They live longer than any process, so they are made when
 * they end, from what the ledger says of their beginning. Of a run without a trace, or one whose trace is not kept, there are none.
 */
export function spansOf(names: TopologyNames, decided: Decided, ended: Ended): readonly SpanRecord[] {
  if (decided.run.origin.trace?.sampled !== true) return [];
  const tasks = ended.tasks.filter((task) => task.endedAt !== null && task.endedAt >= decided.now);
  const attempts = [...ended.attempts.map(ofRecord(ended.tasks)), ...tasks.flatMap((task) => firstSuccess(ended, task))];
  return [
    ...attempts.map((attempt) => attemptSpan(names, decided, attempt)),
    ...tasks.filter(({ status }) => hasTaskEnded(status)).map((task) => taskSpan(decided, task)),
    ...(tellsEnd(decided, ended) ? [runSpan(decided)] : []),
  ];
}

const tellsEnd = ({ run }: Decided, { messages }: Ended): boolean =>
  hasRunEnded(run.status) && messages.some((message) => message.kind === 'announce' && message.status === run.status);

/** The row still says in which queue it was. */
const ofRecord =
  (tasks: readonly TaskState[]) =>
  (record: Decision['attempts'][number]): AttemptSpan => ({
    ...record,
    queue: tasks.find(({ node, at }) => node === record.node && at === record.at)?.queue ?? null,
  });

/** A success at the first try is told by its task's row alone. */
function firstSuccess({ attempts, facts }: Ended, task: TaskState): readonly AttemptSpan[] {
  const { node, at, attempt, status, endedAt } = task;
  if (attempt !== 1 || status !== 'succeeded' || endedAt === null) return [];
  if (attempts.some((record) => record.node === node && record.at === at)) return [];
  // A person may have said that it has succeeded: that is no attempt.
  if (!facts.some((fact) => fact.kind === 'attempt' && fact.node === node && fact.outcome === 'succeeded')) return [];
  return [{ ...task, outcome: 'succeeded', endedAt, error: null, verdict: null }];
}

function taskSpan(decided: Decided, task: TaskState): SpanRecord {
  const { run, workflow, now } = decided;
  const { reopened, reopenedAt } = run.progress;
  const [, around] = enclosing(workflow, task);
  const node = workflow.nodes[task.node];
  const work = node?.work;
  const undone = node?.compensates ?? null;
  return {
    ...spanOf(decided),
    spanId: taskSpanId(run.id, task, reopened),
    parentId: around === undefined ? runSpanId(run.id, reopened) : taskSpanId(run.id, around, reopened),
    name: `task ${node?.path ?? task.node}`,
    startMs: Math.max(task.createdAt, reopenedAt ?? 0),
    endMs: task.endedAt ?? now,
    attributes: {
      ...aboutRun(decided),
      'reprise.task': pathOf(workflow, task),
      'reprise.task.kind': work?.kind,
      'reprise.task.status': task.status,
      'reprise.call': work?.kind === 'call' ? work.call : undefined,
      'reprise.child.run': task.progress?.kind === 'child' ? task.progress.run : undefined,
      'reprise.attempts': task.attempt > 0 ? task.attempt : undefined,
      'error.type': task.status === 'failed' ? task.error?.code : undefined,
    },
    error: task.status === 'failed' ? task.error : null,
    links: undone === null ? [] : [linkTo(decided, taskSpanId(run.id, { node: undone, at: task.at }, reopened))],
  };
}

function runSpan(decided: Decided): SpanRecord {
  const { run, now } = decided;
  const { reopened, reopenedAt } = run.progress;
  const before = reopened === 0 ? [] : [linkTo(decided, runSpanId(run.id, reopened - 1))];
  return {
    ...spanOf(decided),
    spanId: runSpanId(run.id, reopened),
    parentId: run.origin.trace?.parent ?? null,
    name: `run ${decided.workflow.name}`,
    startMs: reopenedAt ?? run.createdAt,
    endMs: run.endedAt ?? now,
    attributes: {
      ...aboutRun(decided),
      'reprise.run.status': run.status,
      'reprise.run.rerun_of': run.origin.rerunOf,
      'reprise.error.task': run.status === 'failed' ? run.error?.task : undefined,
      'error.type': run.status === 'failed' ? run.error?.code : undefined,
    },
    error: run.status === 'failed' ? run.error : null,
    links: [...(run.origin.trace?.links ?? []), ...before],
  };
}

const linkTo = ({ run }: Decided, span: string) => ({ trace: run.origin.trace?.id ?? '', span });
