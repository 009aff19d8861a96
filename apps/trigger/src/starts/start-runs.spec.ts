import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeAttempts } from '@reprise/contracts';
import { armFaults } from '@reprise/service';
import { event, runsOf, StartsOnBroker, start } from '../../test/starts-on-broker.js';
import type { StartRequest } from './start-request.js';
import { StartRuns } from './start-runs.js';

const trigger = new StartsOnBroker();
const { answer, answers, exists } = trigger;
beforeAll(trigger.begin);
afterAll(trigger.end);

const ticketsInQueue = async (): Promise<readonly string[]> =>
  (await trigger.broker.take(trigger.broker.names.taskQueue('default'))).flatMap((body) => {
    const decoded = decodeAttempts(body);
    return decoded.kind === 'ok' ? decoded.value.map(({ run }) => run) : [];
  });

describe('a start by name', () => {
  test('is a run with its first attempt in the ledger when it is answered, and a ticket in the queue when it is told', async () => {
    await ticketsInQueue();
    const given = await answer(start('plain', { a: 1 }, { labels: { team: 'x' } }));
    expect(given.kind).toBe('started');
    const [row] = await trigger.db.query(
      'select r.workflow, r.trigger, r.input::text, r.labels, t.status, t.attempt from reprise.run r join reprise.task t on t.run_id = r.id where r.id = any($1::uuid[])',
      [runsOf(given)],
    );
    expect(row).toEqual({
      workflow: 'plain',
      trigger: 'http',
      input: '{"a":1}',
      labels: { team: 'x' },
      status: 'ready',
      attempt: 1,
    });
    expect(await ticketsInQueue()).toEqual(runsOf(given));
  });

  test('of what does not exist, or breaks the schema, is refused; the others of its batch start', async () => {
    const given = await answers(
      start('plain'),
      start('nothing'),
      start('strict', { id: 5 }),
      start('plain', {}, { version: '9.9.9' }),
      start('strict', { id: 'x' }),
    );
    expect(given.map(({ kind }) => kind)).toEqual(['started', 'unknown', 'invalid', 'unknown', 'started']);
    expect(given[2]).toMatchObject({ problems: [{ path: 'id' }] });
  });

  test('under one key: the same again finds the run, other input, version or labels are a conflict', async () => {
    const [first] = runsOf(await answer(start('plain', { a: 1, b: 2 }, { key: 'k1' })));
    expect(await answer(start('plain', { b: 2, a: 1 }, { key: 'k1' }))).toEqual({
      kind: 'exists',
      run: first,
      status: 'running',
    });
    expect(await answer(start('plain', { a: 2 }, { key: 'k1' }))).toEqual({ kind: 'conflict', run: first });
    expect(await answer(start('plain', { a: 1, b: 2 }, { key: 'k1', labels: { x: 'y' } }))).toEqual({
      kind: 'conflict',
      run: first,
    });
    expect(await answer(start('strict', { id: 'x' }, { key: 'k1' }))).toMatchObject({ kind: 'started' });
  });

  test('under one key twice in a batch starts one run', async () => {
    const given = await answers(
      start('plain', { a: 1 }, { key: 'k2' }),
      start('plain', { a: 1 }, { key: 'k2' }),
      start('plain', { a: 2 }, { key: 'k2' }),
      start('plain', { a: 1 }),
      start('plain', { a: 1 }, { key: 'null' }),
    );
    expect(given.map(({ kind }) => kind)).toEqual(['started', 'exists', 'conflict', 'started', 'started']);
    expect(new Set(given.slice(0, 3).flatMap(runsOf)).size).toBe(1);
    expect(await exists(given.flatMap(runsOf))).toBe(3);
  });

  test('from many senders at the same time starts one run', async () => {
    const given = await Promise.all(Array.from({ length: 8 }, () => answer(start('plain', { a: 1 }, { key: 'race' }))));
    expect(given.filter(({ kind }) => kind === 'started').length).toBe(1);
    expect(new Set(given.flatMap(runsOf)).size).toBe(1);
  });
});

describe('what the ledger refuses', () => {
  test('fails alone: everything else of its batch starts, once, in its order', async () => {
    const bad = [event('keyed.z', { key: 'bad' }, { id: 'with\u0000nul' }), start('plain', {}, { key: 'with\u0000nul' })];
    const good = Array.from({ length: 9 }, (_, index) => start('plain', { index }, { key: `good-${index % 5}` }));
    const requests = [...good.slice(0, 3), bad[0], ...good.slice(3, 7), bad[1], ...good.slice(7)] as StartRequest[];
    const given = await answers(...requests);
    expect(given.map(({ kind }) => kind)).toEqual([
      ...[
        'started',
        'started',
        'started',
        'failed',
        'started',
        'started',
        'conflict',
        'conflict',
        'failed',
        'conflict',
        'conflict',
      ],
    ]);
    expect(given[3]).toMatchObject({ reason: expect.stringContaining('0x00') });
    expect(await exists(given.filter(({ kind }) => kind === 'started').flatMap(runsOf))).toBe(5);
    await ticketsInQueue();
  });

  test('says so to its sender alone', async () => {
    expect(await answer(start('plain', {}, { key: 'a\u0000' }))).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('0x00'),
    });
  });
});

test('what is committed is not started a second time, whatever goes wrong afterwards', async () => {
  armFaults('trigger.after-commit:throw@1');
  try {
    await expect(trigger.parts.starts.start([start('plain', { once: true }), start('plain', { once: true })])).rejects.toThrow(
      'injected fault',
    );
  } finally {
    armFaults(null);
  }
  expect((await trigger.db.query(`select id from reprise.run where input::text = '{"once":true}'`)).length).toBe(2);
});

test('an absent database is nobody’s fault: the batch is the caller’s to try again', async () => {
  const away = { transaction: () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })) };
  const broken = new StartRuns({ ...Reflect.get(trigger.parts.starts, 'options'), database: away });
  await expect(broken.start([start('plain'), start('plain')])).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
