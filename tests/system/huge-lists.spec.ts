import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import type { Started } from './request-to.js';

const COUNT = 10_000_000;
const LIMIT = 100_000;
const listOf = (count: number): string => `[${'0,'.repeat(count - 1)}0]`;
/** No JSON of so many items is shorter: 20 MB. */
const HUGE = listOf(COUNT);

const EACH = {
  workflow: 'each',
  on: [{ event: 'list.made', input: '${{ event.data }}' }],
  tasks: { item: { forEach: 'input', call: 'noop' } },
};

let reprise: Installation;
const start = (installation: Installation, list: string) =>
  installation.request<Started>('POST', '/v1/workflows/each/runs', `{"input":${list}}`, { 'content-type': 'application/json' });
const itemsOf = (installation: Installation, run: string) =>
  installation.database.query(`select 1 from reprise.task where run_id = $1 and at <> ''`, [run]);
const runCount = async (): Promise<number> => (await reprise.database.query('select 1 from reprise.run')).length;

async function stillWorks(installation: Installation): Promise<void> {
  const { body } = await start(installation, '[1, 2, 3]');
  expect(await installation.ended(body.id)).toMatchObject({ status: 'succeeded' });
}

describe('a list of ten million items, with limits as they are unless told otherwise', () => {
  beforeAll(async () => {
    reprise = await Installation.running({ env: { REPRISE_WHEEL_LEVELS: '1' } });
    await reprise.register(EACH);
  });
  afterAll(() => reprise.end());

  test('is no input of a run: 413, and no run', async () => {
    const before = await runCount();
    expect(await start(reprise, HUGE)).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(await runCount()).toBe(before);
    await stillWorks(reprise);
  });

  test('is no event either: 413, and no run', async () => {
    const before = await runCount();
    const event = `{"specversion":"1.0","id":"huge","source":"s","type":"list.made","data":${HUGE}}`;
    const answer = await reprise.request('POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' });
    expect(answer).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(await runCount()).toBe(before);
    await stillWorks(reprise);
  });

  test('as a message it is a dead letter that says why, and what comes after it goes on', async () => {
    const before = await runCount();
    await reprise.broker.channel(async (channel) => {
      for (const key of ['list.made', 'run.start.each'])
        channel.publish(reprise.broker.names.events, key, Buffer.from(HUGE), { messageId: key });
    });
    const letters = await reprise.orTell(
      eventually(
        async () => {
          const rows = await reprise.database.query<{ reason: string }>('select reason from reprise.dead_letter');
          return rows.length === 2 && rows;
        },
        { what: 'two dead letters', timeoutMs: 150_000 },
      ),
    );
    const reason = `the body has ${HUGE.length} bytes, more than the limit of 1048576`;
    expect(letters).toEqual([{ reason }, { reason }]);
    expect(await runCount()).toBe(before);
    await stillWorks(reprise);
  });

  test.each([
    ['script', { code: `return new Array(${COUNT}).fill(0)` }, 'script.TOO_LARGE'],
    ['sql', { query: `select array_fill(0, array[${COUNT}]) as list` }, 'sql.TOO_LARGE'],
  ])('is no output of %s: it fails without a second try, and forEach never sees it', async (call, input, code) => {
    await reprise.register({
      workflow: `made-by-${call}`,
      tasks: { list: { call, with: input }, item: { needs: ['list'], forEach: 'tasks.list.output', call: 'noop' } },
    });
    const run = await reprise.run(`made-by-${call}`);
    expect(run).toMatchObject({ status: 'failed', error: { code, task: 'list' } });
    expect(run.tasks.find(({ path }) => path === 'list')).toMatchObject({ status: 'failed', attempt: 1 });
  });

  test('is more than an expression may make: each doubling costs steps, and they are counted before the list is made', async () => {
    const doubled = `[[0]]${'.map(list, list + list)'.repeat(24)}[0]`;
    await reprise.register({ workflow: 'doubled', tasks: { item: { forEach: `\${{ ${doubled} }}`, call: 'noop' } } });
    expect(await reprise.run('doubled')).toMatchObject({
      status: 'failed',
      error: { code: 'EXPRESSION', message: expect.stringContaining('it takes more than 100000 steps'), task: 'item' },
    });
    await stillWorks(reprise);
  });

  test.each([LIMIT + 1, 524_000])(
    'what fits into an input and is more than REPRISE_MAX_ITEMS (%i) fails, says so, and has no item',
    async (count) => {
      const { status, body } = await start(reprise, listOf(count));
      expect(status).toBe(202);
      const run = await reprise.ended(body.id);
      expect(run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION', task: 'item' } });
      expect(run.error?.message).toBe(
        `forEach of item has ${count} items, more than the limit of ${LIMIT} (REPRISE_MAX_ITEMS): make each item a page of several`,
      );
      expect(await itemsOf(reprise, body.id)).toEqual([]);
    },
  );

  test('one of exactly that many is begun, a hundred items at a time', async () => {
    const { body } = await start(reprise, listOf(LIMIT));
    const run = await reprise.show(body.id);
    expect(run.tasks.find(({ path }) => path === 'item')).toMatchObject({ status: 'running', items: { total: LIMIT } });
    await reprise.request('POST', `/v1/runs/${body.id}/cancel`, {});
    expect(await reprise.ended(body.id)).toMatchObject({ status: 'cancelled' });
    expect((await itemsOf(reprise, body.id)).length).toBeLessThan(LIMIT);
  });
});

describe('where an operator has allowed inputs of 32 MiB and lists of ten million', () => {
  let generous: Installation;
  beforeAll(async () => {
    const allowed = String(32 * 2 ** 20);
    const env = {
      REPRISE_MAX_INPUT_BYTES: allowed,
      REPRISE_MAX_EVENT_BYTES: allowed,
      REPRISE_MAX_ITEMS: String(COUNT),
      REPRISE_WHEEL_LEVELS: '1',
    };
    generous = await Installation.running({ env });
    await generous.register(EACH);
  });
  afterAll(() => generous.end());

  test('the list becomes an input, and forEach refuses it all the same: no expression gives more than 1 MiB', async () => {
    await generous.broker.channel(async (channel) => {
      channel.publish(generous.broker.names.events, 'run.start.each', Buffer.from(HUGE), { messageId: 'huge' });
    });
    // Not by its view: that has the input in it, and a slow machine would not answer so much in time.
    const run = await generous.orTell(
      eventually(
        async () => {
          const [row] = await generous.database.query<{
            id: string;
            ended: string;
            bytes: number;
            code: string;
            message: string;
          }>(
            `select id, status as ended, octet_length(input::text) as bytes, error ->> 'code' as code, error ->> 'message' as message
             from reprise.run where ended_at is not null`,
          );
          return row ?? false;
        },
        { what: 'the run ends', timeoutMs: 150_000 },
      ),
    );
    const message = '`input`: its result is larger than 1048576 bytes of JSON';
    expect(run).toEqual({ id: run.id, ended: 'failed', bytes: HUGE.length, code: 'EXPRESSION', message });
    expect(await itemsOf(generous, run.id)).toEqual([]);
    await stillWorks(generous);
  });

  test('the longest list there is has 524,287 items: one more of the shortest is too large', async () => {
    const tooLong = await start(generous, listOf(524_288));
    expect((await generous.ended(tooLong.body.id)).error).toMatchObject({
      code: 'EXPRESSION',
      message: expect.stringContaining('larger than 1048576 bytes of JSON'),
    });
    const longest = await start(generous, listOf(524_287));
    const [list] = await generous.database.query<{ total: number }>(
      `select (progress ->> 'total')::int as total from reprise.task where run_id = $1 and at = ''`,
      [longest.body.id],
    );
    expect(list).toEqual({ total: 524_287 });
    await generous.request('POST', `/v1/runs/${longest.body.id}/cancel`, {});
    expect((await generous.ended(longest.body.id)).status).toBe('cancelled');
  });
});
