import { afterAll, expect, test } from '@jest/globals';
import { type DeadLetterView, type Page, SHARDS } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import type { Options } from 'amqplib';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());
const { names } = reprise.broker;

await reprise.register({
  workflow: 'fine',
  on: [{ event: 'fine' }],
  tasks: [{ id: 'work', call: 'echo', with: '${{ input }}' }],
  output: '${{ tasks.work.output }}',
});
await reprise.register({
  workflow: 'odd',
  tasks: [{ id: 'work', call: 'odd', with: '${{ input }}', retry: { maximumAttempts: 1 } }],
  output: '${{ tasks.work.output }}',
});

const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
const large = JSON.stringify({ input: 'x'.repeat(3_000_000) });

const stillWorks = async () =>
  expect(await reprise.run('fine', { still: 'works' })).toMatchObject({ status: 'succeeded', output: { still: 'works' } });

interface Refusal {
  readonly path: string;
  readonly body: string;
  readonly type?: string;
  readonly status: number;
}

test.each<[string, Refusal]>([
  ['JSON cut short', { path: '/v1/workflows/fine/runs', body: '{"input":', status: 400 }],
  ['a duplicate key', { path: '/v1/workflows/fine/runs', body: '{"input":{"a":1,"a":2}}', status: 400 }],
  ['a NUL', { path: '/v1/workflows/fine/runs', body: '{"input":"a\\u0000b"}', status: 422 }],
  ['a lone surrogate', { path: '/v1/workflows/fine/runs', body: '{"input":"\\ud800"}', status: 422 }],
  ['a NUL in a field name', { path: '/v1/workflows/fine/runs', body: '{"input":{"a\\u0000":1}}', status: 422 }],
  ['nesting without end', { path: '/v1/workflows/fine/runs', body: `{"input":${deep(100_000)}}`, status: 422 }],
  ['a body that is too large', { path: '/v1/workflows/fine/runs', body: large, status: 413 }],
  ['a list where an object belongs', { path: '/v1/workflows/fine/runs', body: '[1]', status: 422 }],
  ['an unknown field', { path: '/v1/workflows/fine/runs', body: '{"inptu":{}}', status: 422 }],
  ['labels of the wrong type', { path: '/v1/workflows/fine/runs', body: '{"input":{},"labels":{"a":1}}', status: 422 }],
  ['an unknown workflow', { path: '/v1/workflows/nobody/runs', body: '{"input":{}}', status: 404 }],
  ['an unknown version', { path: '/v1/workflows/fine/runs', body: '{"input":{},"version":"9.9.9"}', status: 404 }],
  ['a NUL in the path', { path: '/v1/workflows/fi%00ne/runs', body: '{"input":{}}', status: 400 }],
  [
    'an event without an id',
    {
      path: '/v1/events',
      body: '{"specversion":"1.0","type":"fine","source":"s"}',
      type: 'application/cloudevents+json',
      status: 422,
    },
  ],
  [
    'an event with a NUL',
    {
      path: '/v1/events',
      body: '{"specversion":"1.0","type":"fine","source":"s","id":"a\\u0000"}',
      type: 'application/cloudevents+json',
      status: 422,
    },
  ],
  [
    'an event with a time of its own',
    {
      path: '/v1/events',
      body: '{"specversion":"1.0","type":"fine","source":"s","id":"t","time":"tomorrow"}',
      type: 'application/cloudevents+json',
      status: 422,
    },
  ],
  ['a batch that is none', { path: '/v1/events', body: '{}', type: 'application/cloudevents-batch+json', status: 422 }],
  ['a document that is no YAML', { path: '/v1/workflows', body: 'workflow: [', type: 'application/yaml', status: 422 }],
  ['a document with a tag', { path: '/v1/workflows', body: 'workflow: !!js/function x', type: 'application/yaml', status: 422 }],
  [
    'a document of anchors upon anchors',
    {
      path: '/v1/workflows',
      body: `a: &a [1,1]\n${Array.from({ length: 30 }, (_, i) => `${String.fromCharCode(98 + (i % 24))}${i}: &x${i} [*${i === 0 ? 'a' : `x${i - 1}`},*${i === 0 ? 'a' : `x${i - 1}`}]`).join('\n')}`,
      type: 'application/yaml',
      status: 422,
    },
  ],
  [
    'a document with a NUL',
    { path: '/v1/workflows', body: '{"workflow":"w","description":"a\\u0000","tasks":[{"id":"a","call":"noop"}]}', status: 422 },
  ],
  [
    'a document that is too large',
    { path: '/v1/workflows', body: `workflow: w\ndescription: ${'x'.repeat(300_000)}`, type: 'application/yaml', status: 413 },
  ],
])('HTTP refuses %s with a problem, and goes on', async (_, { path, body, type = 'application/json', status }) => {
  const answer = await reprise.request('POST', path, body, { 'content-type': type });
  expect(answer).toMatchObject({ status, body: { code: expect.any(String), detail: expect.any(String) } });
});

test('everything wrong with a document is said at once, with its place', async () => {
  const document =
    'workflow: Bad Name\ntasks:\n  a: { call: noop, neds: [b] }\n  b: { needs: [c], sleep: 5 }\n  c: { needs: [b], call: noop, with: "${{ nope }}" }\n';
  const answer = await reprise.request('POST', '/v1/workflows', document, { 'content-type': 'application/yaml' });
  const { errors } = answer.body as { errors: readonly { path: string; line: number; message: string }[] };
  expect(errors.length).toBeGreaterThanOrEqual(4);
  for (const error of errors)
    expect(error).toMatchObject({ path: expect.any(String), line: expect.any(Number), message: expect.any(String) });
  expect(errors.map(({ message }) => message).join('\n')).toMatch(/neds/);
});

test('ids that do not exist are not found, also when they are no ids', async () => {
  for (const id of ['01890000-0000-7000-8000-000000000000', 'x', "'; drop table", '..%2f..%2f']) {
    for (const path of [`/v1/runs/${id}`, `/v1/runs/${id}/tasks`, `/v1/runs/${id}/history`, `/v1/runs/${id}/tasks/a.b`]) {
      expect([path, (await reprise.request('GET', path)).status]).toEqual([path, 404]);
    }
  }
});

test('an archived workflow starts nothing, by any entrance; registering it again revives it', async () => {
  const document = { workflow: 'retired', on: [{ event: 'retire.me' }], tasks: [{ id: 'a', call: 'noop' }] };
  await reprise.register(document);
  expect((await reprise.request('DELETE', '/v1/workflows/retired')).status).toBe(204);
  expect(await reprise.request('POST', '/v1/workflows/retired/runs', { input: {} })).toMatchObject({
    status: 409,
    body: { code: 'workflow_archived' },
  });
  let sent = 0;
  await eventually(
    async () => {
      sent += 1;
      return (await reprise.send({ type: 'retire.me', source: 's', id: `r${sent}` })).outcome === 'unmatched';
    },
    { what: 'its events match no more' },
  );
  expect([200, 201]).toContain((await reprise.request('POST', '/v1/workflows', document)).status);
  expect(await reprise.run('retired')).toMatchObject({ status: 'succeeded' });
});

test.each<[string, object]>([
  ['nul', { status: 'succeeded', output: { text: 'a\uFFFDb' } }],
  ['surrogate', { status: 'succeeded', output: { text: 'a\uFFFDb' } }],
  ['undefined', { status: 'succeeded', output: null }],
  ['function', { status: 'succeeded', output: null }],
  ['bigint', { status: 'failed', error: { code: 'NOT_SERIALIZABLE' } }],
  ['circular', { status: 'failed', error: { code: 'NOT_SERIALIZABLE' } }],
  ['nan', { status: 'succeeded', output: { value: null } }],
  ['date', { status: 'succeeded', output: { value: '1970-01-01T00:00:00.000Z' } }],
  ['large', { status: 'failed', error: { code: 'OUTPUT_TOO_LARGE' } }],
  ['deep', { status: 'failed' }],
  ['throws-nul', { status: 'failed', error: { code: 'NU\uFFFDL', message: 'a\uFFFDb \uFFFD' } }],
  ['throws-string', { status: 'failed', error: { code: 'INTERNAL', message: 'the handler threw just text' } }],
  ['throws-nothing', { status: 'failed', error: { code: 'INTERNAL', message: 'the handler threw nothing' } }],
  ['throws-large', { status: 'failed', error: { code: 'INTERNAL' } }],
  ['throws-circular', { status: 'failed', error: { code: 'LOOP' } }],
])('a handler’s %s ends its run with a clear answer', async (what, end) => {
  const run = await reprise.run('odd', { what });
  expect(run).toMatchObject(end);
});

const GARBAGE: readonly [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['half a JSON', Buffer.from('{"v":1,')],
  ['a number', Buffer.from('42')],
  ['null', Buffer.from('null')],
  ['another version', Buffer.from('{"v":99,"items":[],"attempts":[],"alarms":[]}')],
  ['wrong types', Buffer.from('{"v":1,"items":[{"kind":"outcome","run":7}],"attempts":[{"run":[]}],"alarms":[{"run":{}}]}')],
  ['deep nesting', Buffer.from(deep(50_000))],
];

test('garbage in any queue of ours stops nothing, and ends in the dead letters with its reason', async () => {
  const queues = [
    names.taskQueue('default'),
    names.timersQueue,
    names.triggerQueue,
    ...Array.from({ length: SHARDS }, (_, shard) => names.inboxQueue(shard)),
  ];
  const before = (await reprise.database.query(`select id from reprise.dead_letter`)).length;
  await reprise.broker.channel(async (channel) => {
    for (const queue of queues)
      for (const [, body] of GARBAGE) channel.sendToQueue(queue, body, { persistent: true, headers: { odd: 'a\u0000b' } });
  });
  await stillWorks();
  // As events, a number and null are JSON; so are documents of other shapes: an event's data may be anything.
  const asEvents = GARBAGE.filter(([what]) => ['nothing', 'bytes', 'half a JSON', 'deep nesting'].includes(what)).length;
  const expected = before + (queues.length - 1) * GARBAGE.length + asEvents;
  const letters = await reprise.orTell(
    eventually(
      async () => {
        const rows = await reprise.database.query<{ queue: string; reason: string }>(
          `select queue, reason from reprise.dead_letter`,
        );
        expect(rows.length).toBe(expected);
        return rows;
      },
      { what: `${expected} dead letters` },
    ),
  );
  for (const { reason } of letters) expect(reason).not.toBe('');
  // What the services tell each other goes on.
  const left = () =>
    reprise.broker.channel((channel) => Promise.all(queues.map(async (queue) => (await channel.checkQueue(queue)).messageCount)));
  await eventually(async () => expect(await left()).toEqual(queues.map(() => 0)), { what: 'nothing to be left in the queues' });
  const shown = await reprise.request<Page<DeadLetterView>>('GET', '/v1/dead-letters?limit=500');
  expect(shown.body.items).toHaveLength(expected);
  await stillWorks();
});

test('well-formed messages about what does not exist, is over or was never asked change nothing', async () => {
  const run = await reprise.run('fine', { n: 1 });
  const [row] = await reprise.database.query<{ version: string }>(
    `select workflow_id as version from reprise.run where id = $1`,
    [run.id],
  );
  const nobody = '01890000-0000-7000-8000-000000000000';
  const claim = '11111111-1111-4111-8111-111111111111';
  const outcomes = [run.id, nobody].flatMap((id) =>
    [0, 1, 2, 999].flatMap((node) => [
      {
        kind: 'outcome',
        run: id,
        version: row?.version,
        node,
        at: '',
        fence: 1,
        claim,
        outcome: { kind: 'succeeded', output: '{"forged":true}' },
      },
      { kind: 'wake', run: id, version: row?.version, node, at: '3.4', fence: 2 },
      { kind: 'hold', run: id, version: nobody, node, at: '', fence: 1, reason: 'NO_QUEUE' },
      { kind: 'recover', run: id, version: row?.version },
      { kind: 'look', run: id, version: row?.version },
    ]),
  );
  const ticket = {
    run: run.id,
    version: row?.version,
    workflow: 'fine',
    node: 0,
    at: '',
    path: 'work',
    call: 'echo',
    attempt: 1,
    fence: 1,
  };
  await reprise.broker.channel(async (channel) => {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      channel.publish(names.inbox, String(shard), Buffer.from(JSON.stringify({ v: 1, items: outcomes })), { persistent: true });
    }
    for (const forged of [ticket, { ...ticket, run: nobody }, { ...ticket, node: 999 }, { ...ticket, call: 'nobody' }]) {
      channel.publish(names.attempts, 'default', Buffer.from(JSON.stringify({ v: 1, attempts: [forged] })), { persistent: true });
    }
  });
  await stillWorks();
  expect(await reprise.show(run.id)).toEqual(run);
});

const NUL = 'a\u0000b';

test.each<[string, string, Options.Publish]>([
  ['message id of a start', 'run.start.fine', { messageId: NUL }],
  ['name of a workflow', `run.start.${NUL}`, { messageId: 'm' }],
  ['message id of an event', 'fine', { messageId: NUL }],
  ['type of an event', `fine.${NUL}`, { messageId: 'm1' }],
  ['source of an event', 'fine', { messageId: 'm2', appId: NUL }],
  [
    'CloudEvents attribute',
    'fine',
    { headers: { 'cloudEvents:id': NUL, 'cloudEvents:source': NUL, 'cloudEvents:type': 'fine' } },
  ],
  [
    'CloudEvents attribute that is a number',
    'fine',
    { headers: { 'cloudEvents:id': 7, 'cloudEvents:source': [1], 'cloudEvents:type': { a: 1 } } },
  ],
])('a %s that no database would keep is a dead letter, and what comes after it goes on', async (_, routingKey, options) => {
  // What the test before sent to other queues may be on its way still.
  const count = async () => (await reprise.database.query(`select 1 from reprise.dead_letter where queue = 'trigger'`)).length;
  const before = await count();
  await reprise.broker.channel(async (channel) => {
    channel.publish(names.events, routingKey, Buffer.from('{}'), options);
    channel.publish(names.events, 'run.start.fine', Buffer.from('{"after":true}'), {});
  });
  await eventually(async () => expect(await count()).toBe(before + 1), { what: 'one dead letter more' });
  await stillWorks();
});

test('a start by message that cannot be started ends in the dead letters with its reason', async () => {
  await reprise.broker.channel(async (channel) => {
    channel.publish(names.events, 'run.start.nobody', Buffer.from('{}'), { messageId: 'lost-start' });
    channel.publish(names.events, 'run.start.fine', Buffer.from('not json'));
  });
  const told = eventually(
    async () => {
      const rows = await reprise.database.query<{ reason: string }>(
        `select reason from reprise.dead_letter where properties ->> 'routingKey' in ('run.start.nobody', 'run.start.fine') and reason not like '%message_id%'`,
      );
      expect(rows.map(({ reason }) => reason).sort()).toEqual([
        expect.stringContaining('JSON'),
        expect.stringContaining('nobody'),
      ]);
    },
    { what: 'two dead letters of starts' },
  );
  await reprise.orTell(told);
});
