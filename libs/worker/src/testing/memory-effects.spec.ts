import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimId, fence, type Guard, ON_IN_DOUBT, type OnInDoubt } from '@reprise/core';
import { AdvanceStore, ClaimStore, type EffectHolder, type EffectIntent, EffectStore, type Ticket } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { insertTasks, json } from '../../../ledger/test/rows.js';
import type { EffectRecords } from '../attempt/recorded-effects.js';
import { type Finding, findingOf, MemoryEffects } from './memory-effects.js';

/** A task and the effects of its attempts, wherever they are kept. */
interface Kept {
  readonly records: EffectRecords;
  claim(guard?: Guard | null): Promise<EffectHolder>;
  guard(): Promise<string | null>;
  states(): Promise<readonly string[]>;
  settle(findings: readonly Finding[], othersNot: boolean): Promise<void>;
}

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create();
});
afterAll(() => db.end());

async function inPostgres(): Promise<Kept> {
  const [first] = await insertTasks(db.database, 1);
  const { run, node, at } = first!;
  let ticket: Ticket = first!;
  const claims = new ClaimStore(db.database);
  const column = async <Value>(text: string): Promise<readonly Value[]> =>
    (await db.query<{ value: Value }>(text, [run])).map(({ value }) => value);
  return {
    records: new EffectStore(db.database),
    async claim(guard = null) {
      const taken = await claims.claim([{ ...ticket, guard }], claimId(systemClock.uuid()), 'executor', 15_000, 'default');
      const mine = taken.claimed[0]!;
      ticket = { run, node, at, fence: fence(mine.fence + 1) };
      return mine;
    },
    guard: async () => (await column<string | null>('select guard as value from reprise.task where run_id = $1'))[0] ?? null,
    states: () => column('select state as value from reprise.effect where run_id = $1 order by name'),
    settle: (findings, othersNot) =>
      db.database.transaction((session) =>
        new AdvanceStore(session).effects.write([
          { run, write: { node, at, by: null, othersNot, findings: findings.map(findingOf) } },
        ]),
      ),
  };
}

async function inMemory(): Promise<Kept> {
  const effects = new MemoryEffects();
  return {
    records: effects.records(() => 1),
    claim: async (guard = null) => effects.claim('a', { guard }),
    guard: async () => effects.guardOf('a'),
    states: async () => [...effects.recorded('a')].sort((a, b) => a.name.localeCompare(b.name)).map(({ state }) => state),
    settle: async (findings, othersNot) => effects.settle('a', findings, { othersNot }),
  };
}

/** Whoever comes next: the attempt before it is lost. */
async function replaced(kept: Kept, { run }: EffectHolder): Promise<EffectHolder> {
  await db.query(
    `update reprise.task set status = 'ready', claim = null, lease_until = null, fence = fence + 1, queued_at = now(), queue = 'default'
     where run_id = $1`,
    [run],
  );
  return kept.claim();
}

const intent = (fields: Partial<EffectIntent> = {}): EffectIntent => ({
  name: 'charge',
  key: 'run/a/charge',
  fingerprint: null,
  policy: 'park',
  attempt: 1,
  again: false,
  ...fields,
});
const committed = (result: unknown) => ({ state: 'committed', result: json(result) }) as const;
const failed = (state: 'void' | 'in_doubt') => ({ state, error: { code: 'BROKEN', message: 'x' } }) as const;

describe.each([
  ['in Postgres', inPostgres],
  ['in memory', inMemory],
])('effects %s', (_where, open) => {
  let kept: Kept;
  let first: EffectHolder;
  const begin = async (by: EffectHolder, fields?: Partial<EffectIntent>) => {
    const begun = await kept.records.begin(by, intent(fields));
    return begun.kind === 'in-doubt' ? { ...begun, begunAt: typeof begun.begunAt } : begun;
  };
  const end = (by: EffectHolder, what: Parameters<EffectRecords['end']>[2], name = 'charge') => kept.records.end(by, name, what);

  const start = async (guard: Guard | null = null): Promise<void> => {
    kept = await open();
    first = await kept.claim(guard);
  };

  test('are begun, committed, and answered from then on', async () => {
    await start('once-park');
    expect([await kept.guard(), await begin(first), await kept.guard()]).toEqual(['once-park', { kind: 'begun' }, 'open-park']);
    expect([await begin(first), await end(first, committed({ id: 7 })), await kept.guard()]).toEqual([
      { kind: 'begun' },
      true,
      'settled',
    ]);
    expect(await end(first, committed({ id: 7 }))).toBe(true);
    const second = await replaced(kept, first);
    expect([await begin(second), await kept.guard()]).toEqual([{ kind: 'committed', result: '{"id":7}' }, 'settled']);
    expect(await kept.states()).toEqual(['committed']);
  });

  test('of one that has been replaced are in doubt, until somebody says again', async () => {
    await start();
    await begin(first, { policy: 'probe' });
    const second = await replaced(kept, first);
    const doubt = { kind: 'in-doubt', attempt: 1, error: null, begunAt: 'number' };
    expect([await begin(second, { policy: 'probe', attempt: 2 }), await kept.guard()]).toEqual([doubt, 'open-probe']);
    expect([await begin(first), await end(first, committed('zombie'))]).toEqual([{ kind: 'stale' }, false]);
    expect(await begin(second, { attempt: 2, again: true })).toEqual({ kind: 'begun' });
    expect([await end(first, committed('zombie')), await end(second, committed(1)), await kept.states()]).toEqual([
      false,
      true,
      ['committed'],
    ]);
  });

  test('may happen when they did not; in doubt they say why', async () => {
    await start();
    await begin(first);
    expect([await end(first, failed('void')), await kept.guard(), await begin(first)]).toEqual([
      true,
      'settled',
      { kind: 'begun' },
    ]);
    expect([await end(first, failed('in_doubt')), await kept.guard()]).toEqual([true, 'open-park']);
    const second = await replaced(kept, first);
    expect(await begin(second)).toEqual({
      kind: 'in-doubt',
      attempt: 1,
      error: { code: 'BROKEN', message: 'x' },
      begunAt: 'number',
    });
    // It was begun by the other claim.
    expect([await end(second, committed(1)), await end(second, committed(1), 'unknown')]).toEqual([false, false]);
  });

  test('stand for one request, whatever their state', async () => {
    await start();
    await begin(first, { fingerprint: 'a' });
    expect([await begin(first, { fingerprint: 'b' }), await kept.guard()]).toEqual([{ kind: 'differs' }, 'open-park']);
    await end(first, failed('void'));
    expect(await begin(first, { fingerprint: null, again: true })).toEqual({ kind: 'differs' });
    await begin(first, { fingerprint: 'a' });
    await end(first, committed(null));
    expect([await begin(first, { fingerprint: 'b' }), await begin(first, { fingerprint: 'a' })]).toEqual([
      { kind: 'differs' },
      { kind: 'committed', result: 'null' },
    ]);
  });

  test.each(ON_IN_DOUBT.flatMap((one) => ON_IN_DOUBT.map((other): [OnInDoubt, OnInDoubt] => [one, other])))(
    '%s beside %s: what is stricter counts, until both are settled',
    async (one, other) => {
      await start();
      await begin(first, { name: 'one', policy: one });
      await begin(first, { name: 'other', policy: other });
      const strictness = ['retry', 'probe', 'fail', 'park'];
      const stricter = strictness.indexOf(one) > strictness.indexOf(other) ? one : other;
      expect(await kept.guard()).toBe(`open-${stricter}`);
      await end(first, committed(1), 'one');
      expect(await kept.guard()).toBe(`open-${stricter}`);
      await end(first, failed('void'), 'other');
      expect(await kept.guard()).toBe('settled');
    },
  );

  test('are what a person has found out, where nobody knew', async () => {
    await start();
    for (const name of ['a', 'b', 'c', 'd']) await begin(first, { name });
    await end(first, committed('known'), 'd');
    const found = [
      { name: 'a', happened: true, result: { found: true } },
      { name: 'b', happened: false },
      { name: 'd', happened: false },
      { name: 'unknown', happened: true },
    ];
    await kept.settle(found, false);
    expect([await kept.guard(), await kept.states()]).toEqual(['open-park', ['committed', 'void', 'intended', 'committed']]);
    await kept.settle([], true);
    expect([await kept.guard(), await kept.states()]).toEqual(['settled', ['committed', 'void', 'void', 'committed']]);
    const second = await replaced(kept, first);
    expect([await begin(second, { name: 'a' }), await begin(second, { name: 'c' })]).toEqual([
      { kind: 'committed', result: '{"found":true}' },
      { kind: 'begun' },
    ]);
  });
});
