import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BatchConsumer } from '@reprise/broker';
import { decodeInbox, type InboxItem, SHARDS } from '@reprise/contracts';
import { NO_ORIGIN } from '@reprise/core';
import { silentLogger } from '@reprise/service';
import { eventually } from '@reprise/testing';
import { event, newId, runsOf, StartsOnBroker } from '../../test/starts-on-broker.js';
import type { TriggerEvent } from '../events/trigger-event.js';
import type { StartAnswer, StartRequest, TriggeredRequest } from './start-request.js';

const trigger = new StartsOnBroker();
const { answer, answers, exists } = trigger;
beforeAll(trigger.begin);
afterAll(trigger.end);

const outcomeInRow = async (id: string): Promise<unknown> =>
  (await trigger.db.query<{ outcome: string }>('select outcome from reprise.trigger_event where id = $1', [id]))[0]?.outcome;

describe('an event', () => {
  test('starts what matches and says why what does not', async () => {
    const given = await answer(event('keyed.a', { key: 'e1', skip: true }));
    expect(given).toMatchObject({
      outcome: 'accepted',
      results: [
        { workflow: 'keyed', kind: 'unmatched', reason: expect.stringContaining('is false') },
        { workflow: 'also', kind: 'started' },
      ],
    });
    expect(await answer(event('nobody.cares', {}))).toMatchObject({ outcome: 'unmatched', results: [] });
    expect(await answer(event('strict.a', { id: 5 }))).toMatchObject({
      outcome: 'rejected',
      results: [{ kind: 'rejected', reason: expect.stringMatching(/^input\.id: /) }],
    });
  });

  test('of a (source, id) that was seen starts nothing; with another body it is a conflict', async () => {
    const first = event('keyed.a', { key: 'e2' }, { id: 'same' });
    const given = await answer(first);
    expect(await answer(first)).toEqual({ ...given, outcome: 'duplicate' });
    expect(await answer(event('keyed.a', { key: 'other' }, { id: 'same' }))).toMatchObject({ outcome: 'conflict' });
    expect(await answer(event('keyed.a', { key: 'e2b' }, { id: 'same', source: 'elsewhere' }))).toMatchObject({
      outcome: 'accepted',
    });
  });

  test('twice in one batch starts once; a third with another body is a conflict', async () => {
    const twice = event('keyed.a', { key: 'e3' }, { id: 'twice' });
    const given = await answers(twice, twice, event('keyed.a', { key: 'x' }, { id: 'twice' }));
    expect(given.map((each) => (each.kind === 'event' ? each.outcome : each.kind))).toEqual([
      'accepted',
      'duplicate',
      'conflict',
    ]);
    expect(given[1]).toMatchObject({ results: (given[0] as { results: unknown }).results });
    expect(await exists(runsOf(given[0] as StartAnswer))).toBe(2);
  });

  test('whose key has a run already names that run, and so does its twin in the batch', async () => {
    const owner = await answer(event('keyed.a', { key: 'e4' }));
    const again = event('keyed.a', { key: 'e4' }, { id: newId() });
    const given = await answers(again, again, event('keyed.a', { key: 'e4', more: 1 }));
    for (const each of given.slice(0, 2))
      expect(each).toMatchObject({ results: [{ workflow: 'keyed', kind: 'exists', run: runsOf(owner)[0] }, {}] });
    expect(given[2]).toMatchObject({ results: [{ workflow: 'keyed', kind: 'conflict' }, { kind: 'started' }] });
    expect(await exists(given.flatMap(runsOf))).toBe(new Set(given.flatMap(runsOf)).size);
    expect(await outcomeInRow((again as { event: TriggerEvent }).event.id)).toBe('accepted');
  });

  test('without an id is recognised only when the broker brings it again, by its type and body', async () => {
    const anonymous = (fresh: string, redelivered = false, type = 'keyed.b') =>
      event(
        type,
        { key: `anonymous-${fresh}` },
        { id: `body:abc-${type}:${fresh}`, anonymous: true, source: 'amqp/' },
        redelivered,
      );
    const first = await answer(anonymous('1'));
    expect(await answer(anonymous('2'))).toMatchObject({ outcome: 'accepted' });
    const before = await trigger.db.query('select count(*)::int as runs from reprise.run');
    const again = { ...anonymous('1', true) } as Extract<StartRequest, { kind: 'event' }>;
    const redelivered = { ...again, event: { ...again.event, id: 'body:abc-keyed.b:3', data: { key: 'anonymous-2' } } };
    expect(await answer(redelivered)).toMatchObject({ outcome: 'duplicate' });
    expect(await trigger.db.query('select count(*)::int as runs from reprise.run')).toEqual(before);
    expect(await answer(anonymous('4', true, 'keyed.c'))).toMatchObject({ outcome: 'accepted' });
    expect(runsOf(first).length).toBe(2);
  });

  test('that the broker brings again has its runs’ messages sent again: who took it first may have died before telling', async () => {
    const heard: InboxItem[] = [];
    const listeners = Array.from({ length: SHARDS }, (_, shard) => {
      const onBatch = async (deliveries: readonly { body: Buffer }[]): Promise<void> => {
        for (const { body } of deliveries) {
          const decoded = decodeInbox(body);
          if (decoded.kind === 'ok') heard.push(...decoded.value);
        }
      };
      return new BatchConsumer(trigger.parts.connection, {
        queue: trigger.broker.names.inboxQueue(shard),
        prefetch: 10,
        maxBatch: 10,
        logger: silentLogger,
        onBatch,
      });
    });
    await Promise.all(listeners.map((listener) => listener.start()));
    try {
      const first = event('keyed.d', { key: 'e5' }, { id: 'lost' });
      const runs = runsOf(await answer(first));
      expect(await answer(first)).toMatchObject({ outcome: 'duplicate' });
      const about = () => heard.filter(({ run }) => runs.includes(run)).map(({ kind, run }) => `${kind} ${run}`);
      expect(about()).toEqual([]);
      await answer({ ...first, redelivered: true } as StartRequest);
      await eventually(() => about().length >= 2, { what: 'messages to recover both runs' });
      expect(about().sort()).toEqual(runs.map((run) => `recover ${run}`).sort());
    } finally {
      await Promise.all(listeners.map((listener) => listener.stop()));
    }
  });
});

describe('an event for certain triggers', () => {
  const triggered = async (id: string, source: string, more: Partial<TriggeredRequest> = {}): Promise<TriggeredRequest> => {
    const target = (await trigger.parts.active.refresh()).get('keyed');
    if (target === undefined) throw new Error('no workflow keyed');
    const data = { key: id };
    return {
      kind: 'triggered',
      event: { source, id, type: 'clock.tick', subject: null, time: null, data, extensions: {}, anonymous: false },
      targets: [{ ...target, trigger: 0, variables: { event: { data } } }],
      redelivered: false,
      ...more,
    };
  };

  test('asks them and no others, whatever its type', async () => {
    const origin = { ...NO_ORIGIN, scheduledFor: 1_800_000_000_000 };
    const plain = await triggered('t1', 'clock');
    const given = await answer({ ...plain, targets: plain.targets.map((target) => ({ ...target, labels: { a: 'b' }, origin })) });
    expect(given).toMatchObject({ outcome: 'accepted', results: [{ workflow: 'keyed', kind: 'started' }] });
    const [row] = await trigger.db.query(
      'select trigger, key, labels, origin::text from reprise.run where id = any($1::uuid[])',
      [runsOf(given)],
    );
    expect(row).toEqual({ trigger: 'event', key: 't1', labels: { a: 'b' }, origin: JSON.stringify(origin) });
  });

  test('starts once, and is kept with what was decided about it already', async () => {
    const first = await answer(await triggered('t2', 'clock'));
    expect(await answer(await triggered('t2', 'clock'))).toMatchObject({
      outcome: 'duplicate',
      results: [{ run: runsOf(first)[0] }],
    });
    const results = [{ workflow: 'keyed', kind: 'unmatched', reason: 'not now' }] as const;
    const given = await answer(await triggered('t3', 'clock', { targets: [], results }));
    expect(given).toMatchObject({ outcome: 'unmatched', results });
    expect(await outcomeInRow('t3')).toBe('unmatched');
  });

  test('for a trigger that is not there fails alone', async () => {
    const plain = await triggered('t4', 'clock');
    const targets = plain.targets.map((target) => ({ ...target, trigger: 7 }));
    const reason = expect.stringContaining('keyed has no trigger 7');
    expect(await answer({ ...plain, targets })).toEqual({ kind: 'failed', reason });
  });
});
