import { type AttemptRecord, explainWhy, pathOf, type Why } from '@reprise/core';
import type { Decided } from '../decision-messages.js';
import type { TopologyNames } from '../topology.js';
import { aboutRun, spanOf } from './about-run.js';
import { attemptSpanId, taskSpanId } from './span-ids.js';
import type { SpanEvent, SpanRecord } from './span-record.js';

export type AttemptSpan = Omit<AttemptRecord, 'fence'> & { readonly queue: string | null };

/** From its claim to its end; one that nobody has claimed, from when it was put into its queue. */
export function attemptSpan(names: TopologyNames, decided: Decided, attempt: AttemptSpan): SpanRecord {
  const { run, workflow } = decided;
  const { outcome, error, executor, queue, queuedAt, startedAt, endedAt } = attempt;
  const work = workflow.nodes[attempt.node]?.work;
  const call = work?.kind === 'call' ? work.call : undefined;
  const failed = FAILED.has(outcome);
  return {
    ...spanOf(decided),
    spanId: attemptSpanId(run.id, attempt, attempt.attempt),
    parentId: taskSpanId(run.id, attempt, run.progress.reopened),
    kind: 'consumer',
    name: `attempt ${call ?? attempt.node}`,
    startMs: startedAt ?? queuedAt ?? endedAt,
    endMs: endedAt,
    attributes: {
      ...aboutRun(decided),
      'reprise.task': pathOf(workflow, attempt),
      'reprise.call': call,
      'reprise.attempt': attempt.attempt,
      'reprise.attempt.outcome': outcome,
      'reprise.executor': executor ?? undefined,
      'reprise.queue': queue ?? undefined,
      'reprise.queue.wait_ms': queuedAt === null || startedAt === null ? undefined : Math.max(0, startedAt - queuedAt),
      'messaging.system': 'rabbitmq',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': queue === null ? undefined : names.taskQueue(queue),
      'error.type': failed ? (error?.code ?? outcome) : undefined,
    },
    error: failed ? (error ?? { code: outcome, message: outcome }) : null,
    events: eventsOf(attempt),
  };
}

const FAILED: ReadonlySet<string> = new Set(['failed', 'timeout', 'lost', 'in_doubt']);

/** Why it was made, what went wrong, and what was decided about the next one. */
function eventsOf({ why, verdict, error, queuedAt, startedAt, endedAt }: AttemptSpan): readonly SpanEvent[] {
  const events: SpanEvent[] = [];
  if (why !== null && why.reason !== 'first') events.push(told('reprise.why', why, queuedAt ?? startedAt ?? endedAt));
  if (error !== null) {
    const attributes = { 'exception.type': error.code, 'exception.message': error.message };
    events.push({ name: 'exception', atMs: endedAt, attributes });
  }
  if (verdict !== null) events.push(told('reprise.verdict', verdict, endedAt));
  return events;
}

function told(name: string, why: Why, atMs: number): SpanEvent {
  const action = 'action' in why ? why.action : undefined;
  const delayMs = 'wait' in why ? why.wait?.delayMs : undefined;
  const attributes = {
    'reprise.why': explainWhy(why),
    'reprise.why.reason': why.reason,
    'reprise.why.action': action,
    'reprise.why.delay_ms': delayMs,
  };
  return { name, atMs, attributes };
}
