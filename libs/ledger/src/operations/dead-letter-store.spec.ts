import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { REDRIVE_HEADER } from '@reprise/contracts';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { DeadLetterStore, type NewDeadLetter } from '../index.js';

let db: TestDatabase;
let letters: DeadLetterStore;

beforeAll(async () => {
  db = await TestDatabase.create();
  letters = new DeadLetterStore(db.database);
});
afterAll(() => db.end());

const page = async (state: 'open' | 'redriven' | 'discarded' | null = 'open', cursor: string | null = null, limit = 10) => {
  const paged = await letters.list(state, { cursor, limit });
  if (paged.kind !== 'page') throw new Error(paged.kind);
  return paged.page;
};

const letter = (fields: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  id: systemClock.uuidv7(),
  queue: 'reprise.trigger',
  reason: 'no JSON',
  body: Buffer.from('x'),
  properties: {},
  ...fields,
});

test('a letter keeps its body byte by byte, and does not die of the very thing it reports', async () => {
  const body = Buffer.from([0, 255, 0xed, 0xa0, 0x80, 10, 0]);
  const bad = 'a\u0000b\ud800c';
  await letters.insert([
    letter({ body, reason: bad, queue: bad, properties: { [bad]: bad, deep: [{ [bad]: [bad, null, 1.5, true] }] } }),
  ]);
  const [open] = (await page()).items;
  const clean = 'a\ufffdb\ufffdc';
  expect(open).toMatchObject({
    reason: clean,
    queue: clean,
    properties: { [clean]: clean, deep: [{ [clean]: [clean, null, 1.5, true] }] },
    state: 'open',
    settledAt: null,
  });
  expect(Buffer.compare(open?.body ?? Buffer.alloc(0), body)).toBe(0);
});

test('open ones are listed newest first, page by page, and counted; settled ones are not', async () => {
  await db.query('delete from reprise.dead_letter');
  const added = ['first', 'second', 'third'].map((reason) => letter({ reason }));
  for (const each of added) await letters.insert([each]);
  expect(await letters.discard(added[1]?.id ?? '', 'ann', 'no use')).toBe(true);
  expect((await page()).items.map(({ reason }) => reason)).toEqual(['third', 'first']);
  const first = await page('open', null, 1);
  expect(first.items.map(({ reason }) => reason)).toEqual(['third']);
  expect(await page('open', first.next)).toMatchObject({ items: [{ reason: 'first' }], next: null });
  expect(await letters.list('open', { cursor: 'nonsense', limit: 1 })).toEqual({ kind: 'bad-cursor' });
  expect((await page(null)).items).toHaveLength(3);
  expect((await page('discarded')).items).toMatchObject([{ reason: 'second', askedBy: 'ann', discardReason: 'no use' }]);
  expect(await letters.countOpen()).toBe(2);
  await letters.insert([]);
});

describe('a redrive', () => {
  const redriveOf = (id: unknown) => letter({ properties: { headers: { [REDRIVE_HEADER]: id } } });

  async function opened(): Promise<string> {
    await db.query('delete from reprise.dead_letter');
    const one = letter();
    await letters.insert([one]);
    return one.id;
  }

  test('is decided once, for an open letter only', async () => {
    const id = await opened();
    const decided = await Promise.all([1, 2, 3].map((who) => letters.beginRedrive(id, `p${who}`, 60_000)));
    expect(decided.filter((each) => each !== null)).toMatchObject([{ id, state: 'redriving' }]);
    expect(await letters.countOpen()).toBe(0);
    expect(await letters.discard(id, 'ann', null)).toBe(false);
    await letters.finishRedrive(id);
    expect(await letters.find(id)).toMatchObject({ state: 'redriven', settledAt: expect.any(Number) });
    expect(await letters.beginRedrive(id, 'ann', 60_000)).toBeNull();
    await letters.reopen(id, 'too late');
    expect(await letters.find(id)).toMatchObject({ state: 'redriven', lastError: null });
  });

  test('that nobody has finished in time is given out to one caller, and again later', async () => {
    const id = await opened();
    await letters.beginRedrive(id, 'ann', 60_000);
    expect(await letters.takeRedrive(60_000)).toBeNull();
    await db.query(`update reprise.dead_letter set look_at = now()`);
    const taken = await Promise.all([1, 2, 3].map(() => letters.takeRedrive(60_000)));
    expect(taken.filter((each) => each !== null)).toMatchObject([{ id, askedBy: 'ann' }]);
    await letters.reopen(id, 'no queue\u0000');
    expect(await letters.find(id)).toMatchObject({ state: 'open', lastError: 'no queue\ufffd', settledAt: null });
    expect(await letters.takeRedrive(0)).toBeNull();
  });

  test('that fails again is linked to the letter it had been, and counted along', async () => {
    const id = await opened();
    const again = redriveOf(id);
    await letters.insert([again]);
    const third = redriveOf(again.id);
    await letters.insert([third]);
    expect(await letters.find(third.id)).toMatchObject({ redriveOf: again.id, redrives: 2 });
    expect(await letters.find(again.id)).toMatchObject({ redriveOf: id, redrives: 1 });
  });

  test.each([[systemClock.uuidv7()], ['no id'], [7], [null]])(
    'of what is no letter here (%p) links to nothing',
    async (claimed) => {
      const stray = redriveOf(claimed);
      await letters.insert([stray]);
      expect(await letters.find(stray.id)).toMatchObject({ redriveOf: null, redrives: 0 });
    },
  );
});
