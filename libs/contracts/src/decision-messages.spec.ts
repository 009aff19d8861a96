import { describe, expect, test } from '@jest/globals';
import {
  claimId,
  fence,
  type Message,
  NO_PROGRESS,
  parseDocument,
  type RunState,
  runId,
  startRun,
  type TaskState,
  toJsonText,
  versionId,
} from '@reprise/core';
import { decodeAttempts } from './attempt-message.js';
import { decodeChildStarts } from './child-start.js';
import { decodeHint } from './control-hint.js';
import { type Decided, outgoingOf, toInbox } from './decision-messages.js';
import { decodeInbox } from './inbox-message.js';
import type { Outgoing } from './outgoing.js';
import { shardOf } from './shard.js';
import { taskEvent } from './task-event.js';
import { decodeAlarm } from './timer-message.js';
import { names } from './topology.js';

const NOW = Date.UTC(2030, 0, 1);
const parsed = parseDocument(`
workflow: orders
tasks:
  page:
    forEach: [1, 2]
    tasks:
      charge: { call: shop.pay, queue: money, timeout: { attempt: 10s, heartbeat: 1s }, effect: transactional, idempotencyKey: "\${{ each.value }}" }
  plain: { call: shop.ship }
  checked: { call: shop.check, succeedWhen: output == 1 }
  nap: { sleep: 1m }`);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow } = parsed;
const topology = names('test');
const version = versionId('018f3c2e-0000-7000-8000-00000000000a');
const id = runId('018f3c2e-0000-7000-8000-000000000005');
const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
const { run, messages } = startRun(
  workflow,
  { id, input: toJsonText({}), labels: { a: 'b' } },
  { now: NOW, units: [0.5], limits },
);
const decided = (fields: Partial<RunState> = {}): Decided => ({ workflow, version, run: { ...run, ...fields }, now: NOW });
const only = (message: Message, about = decided()) => {
  const [outgoing] = outgoingOf(topology, about, [message]);
  if (outgoing === undefined) throw new Error('nothing');
  return outgoing;
};
const ticketOf = ({ tickets }: Outgoing) => tickets?.[0];

describe('a decision makes known', () => {
  test('an emitted event: a CloudEvent with its hops, after whose confirmation its task is told', () => {
    const event = {
      id: `${id}/tell`,
      source: 'reprise/orders',
      type: 'order.shipped',
      time: '2030-01-01T00:00:00.000Z',
      data: { n: 1 },
      hops: 3,
    };
    const outgoing = only({ kind: 'emit', node: 4, at: '1', fence: fence(2), event: { ...event, subject: 's' } });
    expect(outgoing).toMatchObject({
      exchange: 'test.events',
      routingKey: 'order.shipped',
      contentType: 'application/cloudevents+json',
      messageId: event.id,
    });
    const { hops, ...attributes } = event;
    expect(JSON.parse(outgoing.body)).toEqual({
      specversion: '1.0',
      datacontenttype: 'application/json',
      ...attributes,
      subject: 's',
      reprisehop: hops,
    });
    const told = decodeInbox(Buffer.from(outgoing.whenTold?.body ?? ''));
    expect(told).toEqual({ kind: 'ok', value: [{ kind: 'emitted', run: id, version, node: 4, at: '1', fence: 2 }] });
    const bare = only({ kind: 'emit', node: 4, at: '1', fence: fence(2), event: { ...event, subject: null } });
    expect(JSON.parse(bare.body)).not.toHaveProperty('subject');
  });

  test('an attempt: a ticket in its queue, with what the document says of it', () => {
    const tasks = messages.flatMap((message) => (message.kind === 'dispatch' ? [message.task] : []));
    const tickets = tasks.map((task: TaskState) => only({ kind: 'dispatch', task }));
    const charge = tickets.find((each) => ticketOf(each)?.path === 'page[1].charge');
    expect(charge).toMatchObject({ exchange: 'test.attempts', routingKey: 'money' });
    expect(charge && ticketOf(charge)).toMatchObject({
      run: id,
      version,
      workflow: 'orders',
      at: '1',
      call: 'shop.pay',
      attempt: 1,
      timeoutMs: 10_000,
      heartbeatMs: 1_000,
      effect: 'transactional',
      keyed: true,
    });
    expect(decodeAttempts(Buffer.from(charge?.body ?? ''))).toEqual({ kind: 'ok', value: charge?.tickets });
    const plain = tickets.find((each) => ticketOf(each)?.path === 'plain');
    expect(plain?.routingKey).toBe('default');
    expect(Object.keys(plain?.tickets?.[0] ?? {})).not.toEqual(expect.arrayContaining(['timeoutMs']));
    expect(Object.keys(plain?.tickets?.[0] ?? {})).not.toEqual(expect.arrayContaining(['keyed']));
    const judged = tickets.map((each) => [ticketOf(each)?.path, ticketOf(each)?.judged]);
    expect(judged.filter(([, isJudged]) => isJudged === true)).toEqual([['checked', true]]);
  });

  test('an alarm: on the wheel by its delay, or at once to the timers', () => {
    const alarm = { kind: 'alarm', node: 3, at: '', fence: fence(2) } as const;
    const later = only({ ...alarm, dueAt: NOW + 1_500 });
    expect(later).toMatchObject({ exchange: 'test.delay.l1', routingKey: `0.0.5.d.s${shardOf(id)}` });
    expect(decodeAlarm(Buffer.from(later.body))).toEqual({
      kind: 'ok',
      value: { run: id, version, node: 3, at: '', fence: 2, dueAt: NOW + 1_500 },
    });
    for (const dueAt of [NOW - 5_000, NOW, NOW + 15]) expect(only({ ...alarm, dueAt }).exchange).toBe('test.timers');
  });

  test('more to do: to the run’s own shard', () => {
    const again = only({ kind: 'again', node: 0, at: '', fence: fence(1) });
    expect(again).toMatchObject({ exchange: 'test.inbox', routingKey: String(shardOf(id)) });
    expect(decodeInbox(Buffer.from(again.body))).toEqual({
      kind: 'ok',
      value: [{ kind: 'wake', run: id, version, node: 0, at: '', fence: 1 }],
    });
  });

  test('a run to be started: to the triggers, by the name of their queue', () => {
    const start = only({ kind: 'start-child', node: 2, at: '1', fence: fence(1) });
    expect(start).toMatchObject({ exchange: '', routingKey: 'test.starts' });
    expect(decodeChildStarts(Buffer.from(start.body))).toEqual({
      kind: 'ok',
      value: [{ run: id, version, node: 2, at: '1', fence: 1 }],
    });
  });

  test('other runs: a child is to look at what it is asked, a parent at what its child has become', () => {
    const other = runId('018f3c2e-0000-7000-8000-0000000000f3');
    const cancel = only({ kind: 'cancel-child', node: 2, at: '', fence: fence(1), child: other });
    expect(cancel).toMatchObject({ exchange: 'test.inbox', routingKey: String(shardOf(other)) });
    expect(decodeInbox(Buffer.from(cancel.body))).toMatchObject({ value: [{ kind: 'look', run: other }] });
    const tell = only({ kind: 'tell-parent', parent: { run: other, version, node: 7, at: '3', fence: fence(4) } });
    expect(tell).toMatchObject({ exchange: 'test.inbox', routingKey: String(shardOf(other)) });
    expect(decodeInbox(Buffer.from(tell.body))).toEqual({
      kind: 'ok',
      value: [{ kind: 'wake', run: other, version, node: 7, at: '3', fence: 4 }],
    });
  });

  test('a wish to stop: a hint that nobody need hear', () => {
    const claim = claimId('018f3c2e-0000-4000-8000-00000000000c');
    const interrupt = only({ kind: 'interrupt', node: 0, at: '1', fence: fence(1), claim, executor: 'e1' });
    expect(interrupt).toMatchObject({ exchange: 'test.control', optional: true });
    expect(decodeHint(Buffer.from(interrupt.body))).toEqual({
      kind: 'interrupt',
      executor: 'e1',
      claim,
      run: id,
      node: 0,
      at: '1',
    });
  });

  test('a run’s beginning and end: CloudEvents whose ids are the same however often they are told', () => {
    const started = only({ kind: 'announce', status: 'started' });
    expect(started).toMatchObject({
      exchange: 'test.lifecycle',
      routingKey: 'run.started.orders',
      messageId: `${id}/started`,
      optional: true,
    });
    expect(JSON.parse(started.body)).toMatchObject({
      specversion: '1.0',
      type: 'run.started',
      subject: id,
      data: { status: 'running', labels: { a: 'b' } },
    });
    const ended = decided({ status: 'failed', endedAt: NOW + 5, error: { code: 'X', message: 'x' } });
    const failed = only({ kind: 'announce', status: 'failed' }, ended);
    expect(JSON.parse(failed.body)).toMatchObject({
      id: `${id}/failed`,
      time: '2030-01-01T00:00:00.005Z',
      data: { run: id, status: 'failed', error: { code: 'X' } },
    });
    expect(only({ kind: 'announce', status: 'failed' }, { ...ended, now: NOW + 99_999 }).body).toBe(failed.body);
  });

  test('a probe of a poll is told under a name of its own: who follows runs does not mean it', () => {
    const probe = { ...decided({ status: 'succeeded', endedAt: NOW }), workflow: { ...workflow, name: 'orders.poll.stock' } };
    const told = only({ kind: 'announce', status: 'succeeded' }, probe);
    expect(told.routingKey).toBe('probe.succeeded.orders.poll.stock');
    expect(JSON.parse(told.body)).toMatchObject({ type: 'probe.succeeded', source: 'reprise/orders.poll.stock' });
  });

  test('a run that was taken up again tells of its new beginning and its new end', () => {
    const again = { ...NO_PROGRESS, reopened: 2, reopenedAt: NOW + 9, askedBy: null };
    const taken = decided({ status: 'failed', endedAt: NOW + 20, progress: again });
    const told = (status: 'started' | 'failed') => JSON.parse(only({ kind: 'announce', status }, taken).body) as object;
    expect(told('started')).toMatchObject({ id: `${id}/started/2`, time: '2030-01-01T00:00:00.009Z' });
    expect(told('failed')).toMatchObject({ id: `${id}/failed/2`, time: '2030-01-01T00:00:00.020Z' });
  });
});

describe('a followed task', () => {
  const news = {
    kind: 'task-news',
    news: 'retrying',
    node: 1,
    at: '1',
    fence: fence(4),
    attempt: 2,
    executor: 'e1',
    error: { code: 'X', message: 'x' },
    nextRetryAt: NOW + 1_000,
  } as const satisfies Message;

  test('is told of as a CloudEvent, by the ids of the task', () => {
    const told = only(news);
    expect(told).toMatchObject({
      exchange: 'test.lifecycle',
      routingKey: 'task.retrying.orders.page.charge',
      messageId: `${id}/page[1].charge/retrying/4`,
      contentType: 'application/cloudevents+json',
      optional: true,
    });
    expect(JSON.parse(told.body)).toEqual({
      specversion: '1.0',
      id: `${id}/page[1].charge/retrying/4`,
      source: 'reprise/orders',
      type: 'task.retrying',
      subject: id,
      time: '2030-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: {
        run: id,
        workflow: 'orders',
        task: 'page[1].charge',
        attempt: 2,
        executor: 'e1',
        error: { code: 'X', message: 'x' },
        nextRetryAt: '2030-01-01T00:00:01.000Z',
      },
    });
  });

  test('under another id when its run was taken up again', () => {
    const again = decided({ progress: { ...NO_PROGRESS, reopened: 2 } });
    expect(only({ ...news, news: 'succeeded', nextRetryAt: null }, again).messageId).toBe(`${id}/page[1].charge/succeeded/4/2`);
  });

  test('has a routing key that AMQP takes, however deep it lies', () => {
    const event = { news: 'failed', run: id, workflow: 'w', attempt: 1, executor: null, error: null, nextRetryAt: null } as const;
    const task = Array.from({ length: 20 }, (_, level) => `level_number_${level}[7]`).join('.');
    const { routingKey, body } = taskEvent(topology, { ...event, task, fence: 1, again: 0, at: NOW });
    expect(routingKey).toHaveLength(255);
    expect(routingKey).toContain('task.failed.w.level_number_0.level_number_1.');
    expect(JSON.parse(body).data.task).toBe(task);
  });

  test('has tickets that say so', () => {
    const [task] = messages.flatMap((message) => (message.kind === 'dispatch' ? [message.task] : []));
    if (task === undefined) throw new Error('nothing is dispatched');
    const followed = { ...decided(), workflow: { ...workflow, lifecycle: 'tasks' as const } };
    expect(ticketOf(only({ kind: 'dispatch', task }, followed))).toMatchObject({ followed: true });
    const { body } = only({ kind: 'dispatch', task }, followed);
    expect(decodeAttempts(Buffer.from(body))).toMatchObject({ kind: 'ok', value: [{ followed: true }] });
    expect(ticketOf(only({ kind: 'dispatch', task }))).not.toHaveProperty('followed');
  });
});

test('what is not attempted cannot be dispatched; an inbox message is about something', () => {
  const [task] = messages.flatMap((message) => (message.kind === 'dispatch' ? [message.task] : []));
  const nap = workflow.nodes.findIndex((node) => node.id === 'nap');
  expect(() => only({ kind: 'dispatch', task: { ...(task as TaskState), node: nap } })).toThrow(
    `run ${id}: node ${nap} is not attempted`,
  );
  expect(() => toInbox(topology, [])).toThrow(RangeError);
});
