import { createServer } from 'node:http';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import { type ReceivedSpan, SpanCollector } from './span-collector.js';

const collector = await SpanCollector.start();
const reprise = await Installation.running({
  // Nothing may be lost but what is killed: not what is only short of time.
  lease: '15s',
  env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector-pass',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  },
});
reprise.onEnd(() => collector.end());
afterAll(() => reprise.end());

const CALLER = { trace: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };
const traceparent = (trace: string) => `00-${trace}-${CALLER.span}-01`;
const nameOf = ({ name, failed, attributes: { 'reprise.task': task, 'reprise.attempt': attempt } }: ReceivedSpan): string =>
  [name, task, attempt, failed ? '!' : undefined].filter((part) => part !== undefined).join(' ');
/** What is named by its workflow, its task or its call, by these names, with what hangs under it. */
const tree = (spans: readonly ReceivedSpan[], parent: string | null): readonly unknown[] =>
  spans
    .filter(({ parentId }) => parentId === parent)
    .map((span) => ({ shown: nameOf(span), beneath: tree(spans, span.spanId) }))
    .sort((a, b) => (a.shown < b.shown ? -1 : 1))
    .map(({ shown, beneath }) => (beneath.length === 0 ? shown : { [shown]: beneath }));
/** Those of these names, in the order in which they began. */
const inTime = (spans: readonly ReceivedSpan[], ...names: readonly string[]): readonly string[] =>
  spans
    .filter(({ name }) => names.includes(name))
    .sort((a, b) => (a.startNs < b.startNs ? -1 : 1))
    .map(({ name }) => name);
const runOf = (trace: string, workflow: string) => collector.of(trace).find(({ name }) => name === `run ${workflow}`);
/** Each service sends what it has when it likes: what is there belongs together once all of it has come. */
const arrived = (trace: string, workflow: string, whole: () => unknown = () => true) =>
  reprise.orTell(
    eventually(() => runOf(trace, workflow) !== undefined && whole(), { what: `the run of ${workflow} is in its trace` }),
  );
const treeArrived = (trace: string, workflow: string, parent: string | null, expected: readonly unknown[]) =>
  arrived(trace, workflow, () => expect(tree(collector.of(trace), parent)).toEqual(expected));
/** Whatever is delivered twice, a span is made once. */
const ids = (spans: readonly ReceivedSpan[]) => spans.map(({ spanId }) => spanId);

test('a run with a retry, a list and a child run is one tree under its caller, with what a handler does beneath its attempt', async () => {
  await reprise.register({ workflow: 'shipping', tasks: { label: { call: 'traced' } }, output: '${{ tasks.label.output }}' });
  await reprise.register({
    workflow: 'order',
    input: { type: 'object' },
    tasks: {
      pay: { call: 'flaky', with: { times: 1 }, retry: { initialInterval: '10ms', jitter: 'none' } },
      items: { needs: ['pay'], forEach: ['a', 'b'], call: 'echo', with: '${{ each.value }}' },
      ship: { needs: ['items'], workflow: 'shipping' },
    },
    output: '${{ tasks.ship.output }}',
  });
  const headers = { traceparent: traceparent(CALLER.trace), tracestate: 'vendor=1' };
  const run = await reprise.ended(await reprise.startRun('order', { card: '4111-in-the-input' }, headers));
  await treeArrived(CALLER.trace, 'order', CALLER.span, [
    'POST /v1/workflows/{name}/runs',
    {
      'run order': [
        {
          'task items items': [
            { 'task items items[0]': ['attempt echo items[0] 1'] },
            { 'task items items[1]': ['attempt echo items[1] 1'] },
          ],
        },
        { 'task pay pay': ['attempt flaky pay 1 !', 'attempt flaky pay 2'] },
        { 'task ship ship': [{ 'run shipping': [{ 'task label label': [{ 'attempt traced label 1': ['charge card'] }] }] }] },
      ],
    },
  ]);
  const spans = collector.of(CALLER.trace);
  expect(inTime(spans, 'task pay', 'task items', 'task ship')).toEqual(['task pay', ...Array(3).fill('task items'), 'task ship']);
  expect(new Set(ids(spans)).size).toBe(spans.length);
  const label = spans.find(({ name }) => name === 'attempt traced');
  expect(run.output).toEqual({ traceparent: `00-${CALLER.trace}-${label?.spanId}-01`, tracestate: 'vendor=1' });
  expect(spans.every(({ state, name }) => state === 'vendor=1' || name === 'charge card')).toBe(true);
  const failed = spans.find(({ failed: isFailed }) => isFailed);
  expect(failed).toMatchObject({
    kind: 5,
    message: 'failure 1',
    service: 'reprise-scheduler',
    attributes: {
      'reprise.run.id': run.id,
      'reprise.workflow': 'order',
      'reprise.call': 'flaky',
      'reprise.queue': 'default',
      'messaging.system': 'rabbitmq',
      'messaging.destination.name': `${reprise.broker.prefix}.queue.default`,
      'error.type': 'FLAKY',
    },
    events: [
      { name: 'exception', attributes: { 'exception.type': 'FLAKY', 'exception.message': 'failure 1' } },
      { name: 'reprise.verdict', attributes: { 'reprise.why.action': 'retry', 'reprise.why.delay_ms': 10 } },
    ],
  });
  const second = spans.find(({ name, attributes }) => name === 'attempt flaky' && attributes['reprise.attempt'] === 2);
  expect(second?.events).toMatchObject([{ name: 'reprise.why', attributes: { 'reprise.why.reason': 'failure' } }]);
  const accepted = spans.find(({ name }) => name.startsWith('POST'));
  expect(accepted).toMatchObject({ kind: 2, service: 'reprise-trigger', attributes: { 'reprise.outcome': 'started' } });
  expect(runOf(CALLER.trace, 'order')?.links).toEqual([{ traceId: CALLER.trace, spanId: accepted?.spanId }]);
  expect(collector.headers).toMatchObject({ authorization: 'Bearer collector-pass' });
  // Neither what goes in nor what comes out.
  const everything = JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  expect(everything).not.toContain('4111-in-the-input');
});

test('a trace goes on through events: from a message to the run it starts, to what that asks of others, to the event it emits', async () => {
  const trace = `${'a'.repeat(31)}1`;
  const asked: unknown[] = [];
  const shop = createServer((request, response) => {
    asked.push(request.headers['traceparent']);
    response.end('{}');
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const address = shop.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
  const queue = `${reprise.broker.prefix}-told`;
  reprise.onEnd(async () => {
    shop.close();
    await reprise.broker.channel((channel) => channel.deleteQueue(queue));
  });
  await reprise.broker.channel((channel) => channel.assertQueue(queue));
  await reprise.register({ workflow: 'told', on: [{ event: 'told.once' }], tasks: { a: { transform: 1 } } });
  await reprise.register({
    workflow: 'heard',
    on: [{ event: 'heard.*' }],
    tasks: [
      { id: 'ask', call: 'http', with: { url } },
      { id: 'post', call: 'publish', with: { exchange: '', routingKey: queue, body: {} } },
      { id: 'env', call: 'shell', with: { run: 'printf %s "$TRACEPARENT"' } },
      { id: 'tell', emit: { type: 'told.once' } },
    ],
  });
  const properties = { messageId: 'heard-1', headers: { traceparent: traceparent(trace) }, appId: 'test' };
  // The sender is not sure whether it was taken.
  for (const _ of [1, 2]) {
    await reprise.broker.channel(async (channel) => {
      channel.publish(reprise.broker.names.events, 'heard.it', Buffer.from('{}'), properties);
    });
  }
  const accept = `process ${reprise.broker.prefix}.trigger`;
  const run = {
    'run heard': [
      { 'task ask ask': ['attempt http ask 1'] },
      { 'task env env': ['attempt shell env 1'] },
      { 'task post post': ['attempt publish post 1'] },
      { 'task tell tell': [accept, { 'run told': ['task a a'] }] },
    ],
  };
  await arrived(trace, 'heard', () => expect(tree(collector.of(trace), CALLER.span)).toContainEqual(run));
  const spans = collector.of(trace);
  expect(inTime(spans, 'task ask', 'task post', 'task env', 'task tell')).toEqual([
    'task ask',
    'task post',
    'task env',
    'task tell',
  ]);
  expect(spans.filter(({ name }) => name === 'run heard')).toHaveLength(1);
  const under2 = (call: string) => `00-${trace}-${spans.find(({ name }) => name === `attempt ${call}`)?.spanId}-01`;
  expect(asked).toEqual([under2('http')]);
  const posted = await reprise.broker.channel((channel) => channel.get(queue, { noAck: true }));
  expect(posted).toMatchObject({ properties: { headers: { traceparent: under2('publish') } } });
  const { tasks } = await reprise.show(String(runOf(trace, 'heard')?.attributes['reprise.run.id']));
  expect(tasks.find(({ path }) => path === 'env')?.output).toMatchObject({ stdout: under2('shell') });
});

test('an event over HTTP belongs to the trace that it says it comes from, where the request itself says nothing', async () => {
  const trace = `${'e'.repeat(31)}1`;
  await reprise.register({ workflow: 'extended', on: [{ event: 'extended.it' }], tasks: { a: { transform: 1 } } });
  const event = { specversion: '1.0', id: 'x-1', source: 'test', type: 'extended.it', traceparent: traceparent(trace) };
  const answer = await reprise.request('POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' });
  expect(answer.status).toBe(202);
  await treeArrived(trace, 'extended', CALLER.span, ['POST /v1/events', { 'run extended': ['task a a'] }]);
});

test('who calls without a trace gets one of the run; who has decided not to keep a trace is heard', async () => {
  await reprise.register({ workflow: 'plain', tasks: { a: { call: 'traced' } }, output: '${{ tasks.a.output.traceparent }}' });
  const run = await reprise.run('plain');
  const trace = run.id.replaceAll('-', '');
  await treeArrived(trace, 'plain', null, [
    { 'POST /v1/workflows/{name}/runs': [{ 'run plain': [{ 'task a a': [{ 'attempt traced a 1': ['charge card'] }] }] }] },
  ]);
  const unkept = `${'b'.repeat(31)}1`;
  const headers = { traceparent: `00-${unkept}-${CALLER.span}-00` };
  const silent = await reprise.ended(await reprise.startRun('plain', {}, headers));
  expect(silent.output).toMatch(new RegExp(`^00-${unkept}-[0-9a-f]{16}-00$`));
  // Whatever had been made for it would have been sent before this one.
  const later = await reprise.run('plain');
  await arrived(later.id.replaceAll('-', ''), 'plain');
  expect(collector.of(unkept)).toEqual([]);
});

test('an executor killed at work leaves the tree whole: the lost attempt, and the one that was made for it', async () => {
  const trace = `${'c'.repeat(31)}1`;
  await reprise.register({
    workflow: 'crashing',
    tasks: { a: { call: 'crash', with: { times: 1 }, retry: { initialInterval: '10ms' } } },
  });
  const executor = reprise.one('executor').current;
  const id = await reprise.startRun('crashing', {}, { traceparent: traceparent(trace) });
  await executor.exited;
  await reprise.startOne('executor').ready();
  expect(await reprise.ended(id)).toMatchObject({ status: 'succeeded' });
  await treeArrived(trace, 'crashing', CALLER.span, [
    'POST /v1/workflows/{name}/runs',
    { 'run crashing': [{ 'task a a': ['attempt crash a 1 !', 'attempt crash a 2'] }] },
  ]);
  expect(collector.of(trace).find(({ failed }) => failed)).toMatchObject({ attributes: { 'error.type': 'LOST' } });
});

test('a scheduler killed before it could tell what it had committed has its spans made again, as they were', async () => {
  const trace = `${'d'.repeat(31)}1`;
  await reprise.register({
    workflow: 'untold',
    tasks: [
      { id: 'a', call: 'echo' },
      { id: 'b', call: 'echo' },
    ],
  });
  await reprise.one('scheduler').stop();
  const scheduler = reprise.startOne('scheduler', { faults: ['scheduler.after-commit:kill@2'], restart: true });
  await scheduler.ready();
  const id = await reprise.startRun('untold', {}, { traceparent: traceparent(trace) });
  expect(await reprise.ended(id)).toMatchObject({ status: 'succeeded' });
  const once = () => [...new Map(collector.of(trace).map((span) => [span.spanId, span])).values()];
  await arrived(trace, 'untold', () =>
    expect(tree(once(), CALLER.span)).toEqual([
      'POST /v1/workflows/{name}/runs',
      { 'run untold': [{ 'task a a': ['attempt echo a 1'] }, { 'task b b': ['attempt echo b 1'] }] },
    ]),
  );
  expect(scheduler.deaths).toBe(1);
});
