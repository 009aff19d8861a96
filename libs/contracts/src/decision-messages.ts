import type { Message, RunState, TaskNewsMessage, TaskState, VersionId, Workflow } from '@reprise/core';
import { pathOf, readLaneKey, readProbeName } from '@reprise/core';
import { type AttemptTicket, encodeAttempts } from './attempt-message.js';
import { encodeChildStarts } from './child-start.js';
import { encodeHint } from './control-hint.js';
import { wheelRoute } from './delay-wheel.js';
import { encodeInbox, type InboxItem } from './inbox-message.js';
import type { Outgoing } from './outgoing.js';
import { shardOf } from './shard.js';
import { taskEvent } from './task-event.js';
import { encodeAlarm } from './timer-message.js';
import { inboxKey, type TopologyNames } from './topology.js';
import { attemptSpanId, taskSpanId } from './tracing/span-ids.js';
import { traceHeaders } from './tracing/trace-context.js';

export interface Decided {
  readonly workflow: Workflow;
  readonly version: VersionId;
  readonly run: RunState;
  /** The moment of the decision, epoch milliseconds. */
  readonly now: number;
}

/** What a committed decision makes known: the one place where core messages become broker messages. */
export function outgoingOf(names: TopologyNames, decided: Decided, messages: readonly Message[]): Outgoing[] {
  return messages.map((message) => outgoing(names, decided, message));
}

function outgoing(names: TopologyNames, decided: Decided, message: Message): Outgoing {
  const { run, version } = decided;
  switch (message.kind) {
    case 'dispatch':
      return dispatchOf(names, decided, message.task);
    case 'alarm': {
      const { node, at, fence, dueAt } = message;
      const route = wheelRoute(dueAt - decided.now, shardOf(run.id), names.wheelLevels);
      const alarm = { run: run.id, version, node, at, fence, dueAt };
      if (route.kind === 'now')
        return { exchange: names.timers, routingKey: `0.0.0.0.s${shardOf(run.id)}`, body: encodeAlarm(alarm) };
      return { exchange: names.delayExchange(route.exchangeLevel), routingKey: route.routingKey, body: encodeAlarm(alarm) };
    }
    case 'again': {
      const { node, at, fence } = message;
      return toInbox(names, [{ kind: 'wake', run: run.id, version, node, at, fence }]);
    }
    case 'interrupt': {
      const { executor, claim, node, at } = message;
      const body = encodeHint({ kind: 'interrupt', executor, claim, run: run.id, node, at });
      return { exchange: names.control, routingKey: '', body, optional: true };
    }
    case 'start-child': {
      const { node, at, fence } = message;
      return {
        exchange: '',
        routingKey: names.startsQueue,
        body: encodeChildStarts([{ run: run.id, version, node, at, fence }]),
      };
    }
    case 'cancel-child':
      // Its version is the ledger's to say: this one only saves a look-up where a workflow starts itself.
      return toInbox(names, [{ kind: 'look', run: message.child, version }]);
    case 'tell-parent':
      return toInbox(names, [{ kind: 'wake', ...message.parent }]);
    case 'emit':
      return emission(names, decided, message);
    case 'task-news':
      return newsOf(names, decided, message);
    case 'announce':
      return announcement(names, decided, message);
  }
}

/** Items of one run's shard. */
export function toInbox(names: TopologyNames, items: readonly InboxItem[]): Outgoing {
  const [first] = items;
  if (first === undefined) throw new RangeError('an inbox message needs an item');
  return { exchange: names.inbox, routingKey: inboxKey(shardOf(first.run)), body: encodeInbox(items) };
}

function dispatchOf(names: TopologyNames, { workflow, version, run }: Decided, task: TaskState): Outgoing {
  const work = workflow.nodes[task.node]?.work;
  if (work?.kind !== 'call') throw new Error(`run ${run.id}: node ${task.node} is not attempted`);
  const ticket: AttemptTicket = {
    run: run.id,
    version,
    workflow: workflow.name,
    node: task.node,
    at: task.at,
    path: pathOf(workflow, task),
    call: work.call,
    attempt: task.attempt,
    fence: task.fence,
    ...(work.timeout.attemptMs === null ? {} : { timeoutMs: work.timeout.attemptMs }),
    ...(work.timeout.heartbeatMs === null ? {} : { heartbeatMs: work.timeout.heartbeatMs }),
    ...(work.effect === null ? {} : { effect: work.effect }),
    ...(work.onInDoubt === null ? {} : { onInDoubt: work.onInDoubt }),
    ...(task.idempotencyKey === null ? {} : { keyed: true as const }),
    ...(work.succeedWhen === null ? {} : { judged: true as const }),
    ...(workflow.lifecycle === 'tasks' ? { followed: true as const } : {}),
    ...(work.dependency === null ? {} : { dependency: work.dependency }),
    ...(task.memory?.pass?.attempt === task.attempt ? { admitted: true as const } : {}),
  };
  const { trace } = run.origin;
  const headers = trace === undefined ? null : traceHeaders(trace, attemptSpanId(run.id, task, task.attempt));
  const told = headers === null ? ticket : { ...ticket, ...headers };
  const routingKey = task.queue ?? work.queue;
  const message = { exchange: names.attempts, routingKey, body: encodeAttempts([told]), tickets: [told] };
  const outgoing = headers === null ? message : { ...message, headers };
  const { queue, lane } = readLaneKey(routingKey);
  // Nobody may have declared the lane: a worker that knows of no lanes may read the queue all the same.
  return lane === 'normal' ? outgoing : { ...outgoing, otherwise: { ...outgoing, routingKey: queue } };
}

type Emission = Extract<Message, { kind: 'emit' }>;

/** A CloudEvent like anybody's; `reprisehop` tells how many of its kind led to it. */
function emission(names: TopologyNames, { run, version }: Decided, { node, at, fence, event: emitted }: Emission): Outgoing {
  const { id, source, type, subject, time, data, hops } = emitted;
  const about = subject === null ? {} : { subject };
  const { trace } = run.origin;
  const event = {
    specversion: '1.0',
    id,
    source,
    type,
    ...about,
    time,
    datacontenttype: 'application/json',
    reprisehop: hops,
    data,
  };
  return {
    exchange: names.events,
    routingKey: type,
    body: JSON.stringify(event),
    contentType: 'application/cloudevents+json',
    messageId: id,
    ...(trace === undefined
      ? {}
      : { headers: { ...traceHeaders(trace, taskSpanId(run.id, { node, at }, run.progress.reopened)) } }),
    whenTold: toInbox(names, [{ kind: 'emitted', run: run.id, version, node, at, fence }]),
  };
}

function newsOf(
  names: TopologyNames,
  { workflow, run, now }: Decided,
  { news, node, at, fence, attempt, executor, error, nextRetryAt }: TaskNewsMessage,
): Outgoing {
  return taskEvent(names, {
    news,
    run: run.id,
    workflow: workflow.name,
    task: pathOf(workflow, { node, at }),
    attempt,
    executor,
    error,
    nextRetryAt: nextRetryAt === null ? null : new Date(nextRetryAt).toISOString(),
    fence,
    again: run.progress.reopened,
    at: now,
  });
}

/** `run.STATUS.WORKFLOW`, a CloudEvent whose id is the same however often it is told; `probe.…` of a poll's probes: who follows runs does not mean them. */
function announcement(
  names: TopologyNames,
  { workflow, run, now }: Decided,
  { status, count = run.progress.reopened }: Extract<Message, { kind: 'announce' }>,
): Outgoing {
  // A run that was taken up again starts and ends once more, any may be paused often: under the old id nobody would hear of it.
  const again = count === 0 ? '' : `/${count}`;
  const what = `${readProbeName(workflow.name) === null ? 'run' : 'probe'}.${status}`;
  const event = {
    specversion: '1.0',
    id: `${run.id}/${status}${again}`,
    source: `reprise/${workflow.name}`,
    type: what,
    subject: run.id,
    time: new Date(status === 'started' ? (run.progress.reopenedAt ?? run.startedAt ?? now) : (run.endedAt ?? now)).toISOString(),
    datacontenttype: 'application/json',
    data: {
      run: run.id,
      workflow: workflow.name,
      status: status === 'started' || status === 'resumed' ? 'running' : status,
      labels: run.labels,
      error: run.error,
    },
  };
  return {
    exchange: names.lifecycle,
    routingKey: `${what}.${workflow.name}`,
    body: JSON.stringify(event),
    contentType: 'application/cloudevents+json',
    messageId: event.id,
    optional: true,
  };
}
