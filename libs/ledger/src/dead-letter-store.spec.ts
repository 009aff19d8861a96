import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { DeadLetterStore, type NewDeadLetter } from './index.js';

let db: TestDatabase;
let letters: DeadLetterStore;

beforeAll(async () => {
  db = await TestDatabase.create();
  letters = new DeadLetterStore(db.database);
});
afterAll(() => db.end());

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
  const [open] = await letters.open(10);
  const clean = 'a\ufffdb\ufffdc';
  expect(open).toMatchObject({
    reason: clean,
    queue: clean,
    properties: { [clean]: clean, deep: [{ [clean]: [clean, null, 1.5, true] }] },
    settledAt: null,
  });
  expect(Buffer.compare(open?.body ?? Buffer.alloc(0), body)).toBe(0);
});

test('open ones are listed newest first and counted; settled ones are not', async () => {
  await db.query('delete from reprise.dead_letter');
  for (const reason of ['first', 'second', 'third']) await letters.insert([letter({ reason })]);
  await db.query(`update reprise.dead_letter set settled_at = now(), settled_as = 'discarded' where reason = 'second'`);
  expect((await letters.open(10)).map(({ reason }) => reason)).toEqual(['third', 'first']);
  expect(await letters.open(1)).toHaveLength(1);
  expect(await letters.countOpen()).toBe(2);
  await letters.insert([]);
});
