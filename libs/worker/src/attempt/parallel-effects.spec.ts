import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimId, fence, type Outcome } from '@reprise/core';
import { type Claimed, ClaimStore, EffectStore, type Statement } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { insertTasks } from '../../../ledger/test/rows.js';
import { attemptAt, type Work } from '../../test/run-attempts.js';
import type { EffectRecords } from './recorded-effects.js';

/*
 * Effects of one attempt that run side by side. Each statement about one of them changes the row of the task, and waits for whoever has
 * it; what it has seen of the other effects by then is from before it waited.
 */

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create(6);
});
afterAll(() => db.end());

async function claimed(): Promise<Claimed> {
  const [ticket] = await insertTasks(db.database, 1);
  const claims = await new ClaimStore(db.database).claim([ticket!], claimId(systemClock.uuid()), 'e', 15_000, 'default');
  return claims.claimed[0]!;
}

const LOCK: Statement = { name: 'lock-row', text: 'select from reprise.task where run_id = $1 for update' };

/** The statements of an attempt about its effects, held up together by somebody who has the row of its task. */
class Records implements EffectRecords {
  private readonly store = new EffectStore(db.database);
  private asked = 0;

  begin: EffectRecords['begin'] = (...asked) => this.count(this.store.begin(...asked));
  end: EffectRecords['end'] = (...asked) => this.count(this.store.end(...asked));

  /** Lets go of the row when all that was asked waits for it. */
  whileLocked({ run }: Claimed, asking: () => Promise<void> | void): Promise<void> {
    return db.database.transaction(async (session) => {
      await session.run({ name: 'take-time', text: 'set local idle_in_transaction_session_timeout = 0' }, []);
      await session.run(LOCK, [run]);
      await asking();
      await this.allWait();
    });
  }

  allWait(): Promise<unknown> {
    return eventually(async () => this.asked > 0 && (await waiting()) === this.asked, { what: 'all that was asked to wait' });
  }

  private async count<Answer>(answer: Promise<Answer>): Promise<Answer> {
    this.asked += 1;
    return answer.finally(() => {
      this.asked -= 1;
    });
  }
}

async function waiting(): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}

const runWith = (held: Claimed, effects: EffectRecords, work: Work): Promise<Outcome | null> =>
  attemptAt(work, { ticket: { ...held, fence: fence(held.fence - 1), path: 'pay' }, claimed: held, options: { effects } }).run();

async function facts({ run }: Claimed) {
  const [row] = await db.query<{ guard: string; states: string[] }>(
    `select guard, array(select state from reprise.effect as e where e.run_id = t.run_id order by name) as states
     from reprise.task as t where run_id = $1`,
    [run],
  );
  return row;
}

/** Opened by the test; `reached` resolves when somebody stands before it. */
class Gate {
  open: () => void = () => undefined;
  pass: () => Promise<void> = async () => undefined;
  readonly reached = new Promise<void>((reach) => {
    const passing = new Promise<void>((open) => {
      this.open = open;
    });
    this.pass = () => {
      reach();
      return passing;
    };
  });
}

describe('effects side by side', () => {
  test('that end at the same time leave nothing open', async () => {
    const held = await claimed();
    const records = new Records();
    const [one, other] = [new Gate(), new Gate()];
    const running = runWith(held, records, (_input, attempt) =>
      Promise.all([attempt.effect('one', one.pass), attempt.effect('other', other.pass)]),
    );
    await Promise.all([one.reached, other.reached]);
    await records.whileLocked(held, () => {
      one.open();
      other.open();
    });
    expect(await running).toMatchObject({ kind: 'succeeded' });
    expect(await facts(held)).toEqual({ guard: 'settled', states: ['committed', 'committed'] });
  });

  test('of which one ends while another begins are as open as the one that goes on', async () => {
    const held = await claimed();
    const records = new Records();
    const [one, start, other] = [new Gate(), new Gate(), new Gate()];
    let ended = false;
    const running = runWith(held, records, (_input, attempt) =>
      Promise.all([
        attempt.effect('one', one.pass).then(() => {
          ended = true;
        }),
        start.pass().then(() => attempt.effect('other', other.pass)),
      ]),
    );
    await one.reached;
    await records.whileLocked(held, async () => {
      start.open();
      await records.allWait();
      one.open();
    });
    await other.reached;
    await eventually(() => ended, { what: 'the end of the first' });
    expect(await facts(held)).toEqual({ guard: 'open-park', states: ['committed', 'intended'] });
    other.open();
    expect(await running).toMatchObject({ kind: 'succeeded' });
    expect(await facts(held)).toEqual({ guard: 'settled', states: ['committed', 'committed'] });
  });

  test('may be begun in the work of another one, and go on when one could not be recorded', async () => {
    const held = await claimed();
    const records = new Records();
    const failing: EffectRecords = {
      begin: async (holder, intent) => {
        if (intent.name === 'broken') throw new Error('the ledger says no');
        return records.begin(holder, intent);
      },
      end: records.end,
    };
    const outcome = await runWith(held, failing, (_input, attempt) =>
      attempt.effect('outer', async () => {
        await expect(attempt.effect('broken', async () => 1)).rejects.toThrow('the ledger says no');
        return attempt.effect('inner', async () => 2);
      }),
    );
    expect(outcome).toEqual({ kind: 'succeeded', output: '2' });
    expect(await facts(held)).toEqual({ guard: 'settled', states: ['committed', 'committed'] });
  });
});
