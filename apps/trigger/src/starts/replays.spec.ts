import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Json, runId } from '@reprise/core';
import { WorkflowStore } from '@reprise/ledger';
import { StartsUnderTest } from '../../test/starts-under-test.js';
import type { StartAnswer, StartRequest } from './start-request.js';

let starts: StartsUnderTest;

beforeAll(async () => {
  starts = await StartsUnderTest.create();
});
afterAll(() => starts[Symbol.asyncDispose]());

type Start = Extract<StartRequest, { kind: 'start' }>;

const start = (workflow: string, key: string | null, input: Json = {}, fields: Partial<Start> = {}): Start => ({
  kind: 'start',
  workflow,
  version: null,
  input,
  labels: {},
  key,
  via: 'http',
  ...fields,
});
const document = (name: string, more = '') => `workflow: ${name}\n${more}tasks: { a: { call: shop.work } }`;

async function answer(request: StartRequest): Promise<StartAnswer> {
  const [only] = await starts.start([request]);
  if (only === undefined) throw new Error('no answer');
  return only;
}
async function started(request: StartRequest) {
  const given = await answer(request);
  if (given.kind !== 'started') throw new Error(JSON.stringify(given));
  return given.run;
}
const archive = (name: string) => new WorkflowStore(starts.db.database).archive(name);

describe('a start sent again under its key is told how far its run has come', () => {
  test('running, ended, or gone', async () => {
    await starts.register(document('far'));
    const request = start('far', 'k');
    const run = await started(request);
    expect(await answer(request)).toEqual({ kind: 'exists', run, status: 'running' });
    await starts.db.query(`update reprise.run set status = 'succeeded', ended_at = now(), watch_at = null where id = $1`, [run]);
    expect(await answer(request)).toEqual({ kind: 'exists', run, status: 'succeeded' });
    await starts.db.query('delete from reprise.run where id = $1', [run]);
    expect(await answer(request)).toEqual({ kind: 'exists', run, status: null });
  });

  test('also within the batch that starts it', async () => {
    await starts.register(document('limited', 'concurrency: {}\n'));
    const [begun, queued] = [start('limited', 'a'), start('limited', 'b')];
    expect(await starts.start([begun, queued, begun, queued])).toMatchObject([
      { kind: 'started', status: 'running' },
      { kind: 'started', status: 'queued' },
      { kind: 'exists', status: 'running' },
      { kind: 'exists', status: 'queued' },
    ]);
    expect(await answer(queued)).toMatchObject({ kind: 'exists', status: 'queued' });
  });
});

describe('a start that could not start now', () => {
  const STRICT = 'input: { type: object, required: [id] }\n';

  test('of an archived workflow is known by its key', async () => {
    await starts.register(document('old'));
    const run = await started(start('old', 'k', { a: 1 }));
    await archive('old');
    expect(await answer(start('old', 'k', { a: 1 }))).toEqual({ kind: 'exists', run, status: 'running' });
    expect(await answer(start('old', 'k', { a: 2 }))).toEqual({ kind: 'conflict', run });
    expect(await answer(start('old', 'other', { a: 1 }))).toMatchObject({ kind: 'archived' });
    expect(await answer(start('old', null, { a: 1 }))).toMatchObject({ kind: 'archived' });
  });

  test('whose input a later version refuses is known by its key', async () => {
    await starts.register(document('stricter'));
    const run = await started(start('stricter', 'k'));
    await starts.register(document('stricter', STRICT));
    expect(await answer(start('stricter', 'k'))).toEqual({ kind: 'exists', run, status: 'running' });
    expect(await answer(start('stricter', 'k', { b: 1 }))).toEqual({ kind: 'conflict', run });
    expect(await answer(start('stricter', 'other'))).toMatchObject({ kind: 'invalid' });
  });

  test('is refused once the time of its key is over', async () => {
    await starts.register(document('expired'));
    await started(start('expired', 'k'));
    await starts.db.query(`update reprise.idempotency set expires_at = now() where name = 'expired'`);
    await archive('expired');
    expect(await answer(start('expired', 'k'))).toMatchObject({ kind: 'archived' });
  });

  test('of a workflow that nobody knows, or none can know, is refused', async () => {
    expect(await answer(start('nobody', 'k'))).toMatchObject({ kind: 'unknown' });
    expect(await answer(start('no\u0000body', 'k'))).toMatchObject({ kind: 'unknown' });
  });

  test('as a rerun is known by its key', async () => {
    await starts.register(document('again'));
    const [first] = await starts.startByName('again', [{}]);
    if (first === undefined) throw new Error('no run');
    await starts.db.query(`update reprise.run set status = 'succeeded', ended_at = now(), watch_at = null where id = $1`, [
      first,
    ]);
    const rerun = { kind: 'rerun', run: first, version: null, from: null, key: 'r', startedBy: null } as const;
    const run = await started(rerun);
    await archive('again');
    expect(await answer(rerun)).toEqual({ kind: 'exists', run, status: 'running' });
    expect(await answer({ ...rerun, version: 'latest' })).toEqual({ kind: 'conflict', run });
    expect(await answer({ ...rerun, key: null })).toMatchObject({ kind: 'archived' });
    expect(await answer({ ...rerun, run: runId('01890000-0000-7000-8000-00000000dead') })).toMatchObject({ kind: 'no-run' });
  });
});

describe('a start without a key that the broker delivers again', () => {
  const anonymous = (workflow: string, { body, redelivered = true }: { body: string; redelivered?: boolean }): StartRequest => ({
    kind: 'event',
    event: {
      source: 'amqp/shop',
      id: `body:${body}:${randomUUID()}`,
      type: `run.start.${workflow}`,
      subject: null,
      time: null,
      data: { body },
      extensions: {},
      anonymous: true,
    },
    redelivered,
    via: 'amqp',
    startOf: workflow,
  });
  async function startedBy(request: StartRequest) {
    const given = await answer(request);
    if (given.kind !== 'event') throw new Error(JSON.stringify(given));
    return given.results;
  }

  test('is known by its body, though its workflow has been archived since', async () => {
    await starts.register(document('left'));
    const results = await startedBy(anonymous('left', { body: 'a', redelivered: false }));
    expect(results).toMatchObject([{ kind: 'started' }]);
    await archive('left');
    expect(await answer(anonymous('left', { body: 'a' }))).toMatchObject({ kind: 'event', outcome: 'duplicate', results });
    expect(await starts.runs('id', 'left')).toHaveLength(1);
  });

  test('is refused if nothing is known of it, or if it comes for the first time', async () => {
    await starts.register(document('left-alone'));
    await startedBy(anonymous('left-alone', { body: 'b', redelivered: false }));
    await archive('left-alone');
    expect(await answer(anonymous('left-alone', { body: 'c' }))).toMatchObject({ kind: 'archived' });
    expect(await answer(anonymous('left-alone', { body: 'b', redelivered: false }))).toMatchObject({ kind: 'archived' });
  });
});
