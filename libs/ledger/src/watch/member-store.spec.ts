import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TestDatabase } from '@reprise/testing';
import { MemberStore } from '../index.js';

const LEASE_MS = 15_000;
let db: TestDatabase;
let members: MemberStore;

beforeAll(async () => {
  db = await TestDatabase.create(10);
  members = new MemberStore(db.database);
});
afterAll(() => db.end());
beforeEach(() => db.query('delete from reprise.member'));

const live = async (service?: string) => (await members.live(service)).map(({ id }) => id);

describe('a member', () => {
  test('lives while its lease does, and tells what it last said', async () => {
    await members.renew('e1', 'executor', { queues: ['a'] }, LEASE_MS);
    await members.renew('e1', 'executor', { queues: ['a', 'b'] }, LEASE_MS);
    await members.renew('e2', 'executor', {}, -1);
    await members.renew('m1', 'monitor', {}, LEASE_MS);
    expect(await live('executor')).toEqual(['e1']);
    expect(await live()).toEqual(['e1', 'm1']);
    const [member] = await members.live('executor');
    expect(member).toMatchObject({ id: 'e1', service: 'executor', info: { queues: ['a', 'b'] } });
    expect((member?.leaseUntil ?? 0) - (member?.startedAt ?? 0)).toBeGreaterThanOrEqual(LEASE_MS);
  });

  test('that says goodbye is gone, and takes the long dead along', async () => {
    for (const id of ['e1', 'e2', 'e3']) await members.renew(id, 'executor', {}, id === 'e3' ? -25 * 3_600_000 : LEASE_MS);
    await members.remove('e1');
    expect(await db.query('select id from reprise.member')).toEqual([{ id: 'e2' }]);
  });
});

describe('the lead', () => {
  test('of ten that ask at the same time is one’s, and stays with it', async () => {
    const holders = Array.from({ length: 10 }, (_, index) => `m${index}`);
    const ask = async () => {
      const answers = await Promise.all(holders.map((holder) => members.lead('monitor', holder, LEASE_MS)));
      return holders.filter((_, index) => answers[index]);
    };
    const leaders = await ask();
    expect(leaders).toHaveLength(1);
    expect(await ask()).toEqual(leaders);
  });

  test('falls to another when it is not renewed in time or given back, and is apart for each role', async () => {
    expect(await members.lead('monitor', 'm1', -1)).toBe(true);
    expect(await members.lead('monitor', 'm2', LEASE_MS)).toBe(true);
    expect(await members.lead('monitor', 'm1', LEASE_MS)).toBe(false);
    expect(await members.lead('another', 'm1', LEASE_MS)).toBe(true);
    await members.remove('leader:monitor');
    expect(await members.lead('monitor', 'm1', LEASE_MS)).toBe(true);
  });
});
