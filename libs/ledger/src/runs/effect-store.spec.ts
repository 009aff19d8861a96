import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClaimId, claimId, fence, type Guard, type JsonText, type OnInDoubt } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { insertTasks, json } from '../../test/rows.js';
import { AdvanceStore, type Claimed, ClaimStore, type EffectIntent, EffectStore, type Ticket } from '../index.js';

let db: TestDatabase;
let claims: ClaimStore;
let effects: EffectStore;

const intent = (fields: Partial<EffectIntent> = {}): EffectIntent => ({
  name: 'charge',
  key: 'run/pay/charge',
  fingerprint: null,
  policy: 'park',
  attempt: 1,
  again: false,
  ...fields,
});
const committed = (result: unknown) => ({ state: 'committed', result: json(result) }) as const;
const failed = (state: 'void' | 'in_doubt') => ({ state, error: { code: 'BROKEN', message: 'x' } }) as const;
const newClaim = (): ClaimId => claimId(systemClock.uuid());

async function claimed(guard: Guard | null = null): Promise<Claimed> {
  const [ticket] = await insertTasks(db.database, 1);
  return claimOf({ ...ticket!, guard });
}

async function claimOf(ticket: Ticket): Promise<Claimed> {
  const {
    claimed: [mine],
  } = await claims.claim([ticket], newClaim(), 'executor-1', 15_000, 'default');
  if (mine === undefined) throw new Error('nothing was claimed');
  return mine;
}

/** The attempt is lost, and another one claimed: as the scheduler and an executor would do it. */
async function replaced({ run, node, at, fence: held }: Claimed): Promise<Claimed> {
  await db.query(
    `update reprise.task set status = 'ready', claim = null, lease_until = null, fence = fence + 1, queued_at = now(), queue = 'default'
     where run_id = $1 and node = $2 and at = $3`,
    [run, node, at],
  );
  return claimOf({ run, node, at, fence: fence(held + 1) });
}

async function guardOf({ run }: Ticket): Promise<string | null> {
  const [row] = await db.query<{ guard: string | null }>('select guard from reprise.task where run_id = $1', [run]);
  return row?.guard ?? null;
}

const stateOf = async ({ run }: Ticket) =>
  (await db.query<{ state: string }>('select state from reprise.effect where run_id = $1 order by name', [run])).map(
    ({ state }) => state,
  );

beforeAll(async () => {
  db = await TestDatabase.create();
  claims = new ClaimStore(db.database);
  effects = new EffectStore(db.database);
});
afterAll(() => db.end());

describe('an effect', () => {
  test('is intended before it happens and committed after it; a later attempt gets its result', async () => {
    const first = await claimed('once-park');
    expect(await guardOf(first)).toBe('once-park');
    expect(await effects.begin(first, intent())).toEqual({ kind: 'begun' });
    expect([await guardOf(first), await stateOf(first)]).toEqual(['open-park', ['intended']]);
    expect(await effects.end(first, 'charge', committed({ id: 7 }))).toBe(true);
    expect([await guardOf(first), await stateOf(first)]).toEqual(['settled', ['committed']]);
    const second = await replaced(first);
    expect(await effects.begin(second, intent({ attempt: 2 }))).toEqual({ kind: 'committed', result: '{"id":7}' });
    expect(await guardOf(second)).toBe('settled');
  });

  test('that was intended by an older attempt is in doubt, until somebody says that it may happen again', async () => {
    const first = await claimed();
    await effects.begin(first, intent({ policy: 'probe' }));
    const second = await replaced(first);
    expect(await effects.begin(second, intent({ policy: 'probe', attempt: 2 }))).toMatchObject({
      kind: 'in-doubt',
      attempt: 1,
      error: null,
    });
    expect(await effects.begin(second, intent({ policy: 'probe', attempt: 2, again: true }))).toEqual({ kind: 'begun' });
    expect(await effects.end(second, 'charge', committed(1))).toBe(true);
  });

  test('that is known not to have happened may happen; one in doubt says why it is', async () => {
    const first = await claimed();
    await effects.begin(first, intent());
    await effects.end(first, 'charge', failed('void'));
    expect(await guardOf(first)).toBe('settled');
    expect(await effects.begin(first, intent())).toEqual({ kind: 'begun' });
    await effects.end(first, 'charge', failed('in_doubt'));
    expect(await guardOf(first)).toBe('open-park');
    expect(await effects.begin(await replaced(first), intent())).toMatchObject({ kind: 'in-doubt', error: { code: 'BROKEN' } });
  });

  test('stands for one request', async () => {
    const first = await claimed();
    await effects.begin(first, intent({ fingerprint: 'a' }));
    await effects.end(first, 'charge', committed(1));
    expect(await effects.begin(first, intent({ fingerprint: 'b' }))).toEqual({ kind: 'differs' });
    expect(await effects.begin(first, intent({ fingerprint: null }))).toEqual({ kind: 'differs' });
    expect(await effects.begin(first, intent({ fingerprint: 'a' }))).toMatchObject({ kind: 'committed' });
  });

  test('of an attempt that has been replaced is not heard: neither its beginning nor its end', async () => {
    const first = await claimed();
    await effects.begin(first, intent());
    const second = await replaced(first);
    expect(await effects.end(first, 'charge', committed('zombie'))).toBe(false);
    expect(await effects.begin(first, intent({ name: 'other' }))).toEqual({ kind: 'stale' });
    expect(await stateOf(second)).toEqual(['intended']);
    await effects.begin(second, intent({ again: true }));
    expect(await effects.end(first, 'charge', committed('zombie'))).toBe(false);
    expect(await effects.end(second, 'charge', committed('right'))).toBe(true);
  });

  test('may be begun and ended again by the same claim: the answer may have been lost', async () => {
    const first = await claimed();
    expect(await effects.begin(first, intent())).toEqual({ kind: 'begun' });
    expect(await effects.begin(first, intent())).toEqual({ kind: 'begun' });
    expect(await effects.end(first, 'charge', committed(1))).toBe(true);
    expect(await effects.end(first, 'charge', committed(1))).toBe(true);
  });

  test.each<[OnInDoubt, OnInDoubt, string]>([
    ['retry', 'probe', 'open-probe'],
    ['park', 'retry', 'open-park'],
    ['fail', 'probe', 'open-fail'],
    ['fail', 'park', 'open-park'],
  ])('beside another: %s and %s are %s, until both are settled', async (one, other, guard) => {
    const first = await claimed();
    await effects.begin(first, intent({ name: 'one', policy: one }));
    await effects.begin(first, intent({ name: 'other', policy: other }));
    expect(await guardOf(first)).toBe(guard);
    await effects.end(first, 'one', committed(1));
    expect(await guardOf(first)).toBe(guard);
    await effects.end(first, 'other', failed('void'));
    expect(await guardOf(first)).toBe('settled');
  });
});

describe('what a person has found out', () => {
  const write = (of: Claimed, findings: readonly { name: string; happened: boolean }[], othersNot: boolean) =>
    db.database.transaction((session) =>
      new AdvanceStore(session).effects.write([
        {
          run: of.run,
          write: {
            node: of.node,
            at: of.at,
            by: 'ann',
            othersNot,
            findings: findings.map(({ name, happened }) =>
              happened ? { name, happened, result: '{"found":true}' as JsonText } : { name, happened },
            ),
          },
        },
      ]),
    );

  test('of all that was open leaves nothing open in the row of its task; of some of it, the rest', async () => {
    const first = await claimed();
    for (const name of ['a', 'b']) await effects.begin(first, intent({ name }));
    await write(first, [{ name: 'a', happened: true }], false);
    expect(await guardOf(first)).toBe('open-park');
    await write(first, [{ name: 'b', happened: false }], false);
    expect(await guardOf(first)).toBe('settled');
    const other = await claimed();
    await effects.begin(other, intent({ policy: 'fail' }));
    await write(other, [], true);
    expect(await guardOf(other)).toBe('settled');
    const untold = await claimed('once-park');
    await write(untold, [], true);
    expect(await guardOf(untold)).toBe('once-park');
  });

  test('is what was said first, where two say something in one decision', async () => {
    const first = await claimed();
    await effects.begin(first, intent());
    const said = (happened: boolean) => ({ name: 'charge', happened });
    await write(first, [said(true), said(false)], false);
    const other = await claimed();
    await effects.begin(other, intent());
    await write(other, [said(false), said(true)], false);
    expect([await stateOf(first), await stateOf(other)]).toEqual([['committed'], ['void']]);
  });

  test('settles what is in doubt, leaves what is known, and says of the rest that it has not happened', async () => {
    const first = await claimed();
    for (const name of ['a', 'b', 'c', 'd']) await effects.begin(first, intent({ name }));
    await effects.end(first, 'd', committed('known'));
    await write(
      first,
      [
        { name: 'a', happened: true },
        { name: 'b', happened: false },
        { name: 'd', happened: false },
      ],
      false,
    );
    expect(await stateOf(first)).toEqual(['committed', 'void', 'intended', 'committed']);
    await write(first, [], true);
    expect(await stateOf(first)).toEqual(['committed', 'void', 'void', 'committed']);
    const second = await replaced(first);
    expect(await effects.begin(second, intent({ name: 'a' }))).toEqual({ kind: 'committed', result: '{"found":true}' });
    expect(await effects.begin(second, intent({ name: 'd' }))).toEqual({ kind: 'committed', result: '"known"' });
    expect(await effects.begin(second, intent({ name: 'c' }))).toEqual({ kind: 'begun' });
    const [row] = await db.query<{ settled_by: string }>(
      `select settled_by from reprise.effect where run_id = $1 and name = 'a'`,
      [first.run],
    );
    expect(row?.settled_by).toBe('ann');
  });
});
