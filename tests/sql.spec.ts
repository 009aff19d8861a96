import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestDatabase } from '@reprise/testing';
import { ROOT, shippedSources } from './architecture/sources.js';

const FOLDER = `${ROOT}libs/ledger/sql/`;
const names = readdirSync(FOLDER)
  .map((file) => file.replace(/\.sql$/, ''))
  .sort();
const textOf = (name: string): string => readFileSync(`${FOLDER}${name}.sql`, 'utf8');

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create(1);
});
afterAll(() => db.end());

describe.each(names)('%s', (name) => {
  const text = textOf(name);
  const parameters = [...new Set(text.match(/\$\d+/g))].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));

  test('can be prepared on the schema as the migrations leave it', async () => {
    await db.query(`prepare "${name}" as ${text}`);
    const [row] = await db.query<{ count: number }>(
      'select coalesce(cardinality(parameter_types), 0) as count from pg_prepared_statements where name = $1',
      [name],
    );
    expect(row?.count).toBe(parameters.length);
  });

  test('says in its first lines what it does, and what it does it with', () => {
    const comment = /^(--.*\n)+/.exec(text)?.[0] ?? '';
    expect(comment.length).toBeGreaterThan(20);
    expect(parameters).toEqual(parameters.map((_, index) => `$${index + 1}`));
    if (!/one array a column/i.test(comment)) expect(comment.match(/\$\d+/g) ?? []).toEqual(expect.arrayContaining(parameters));
  });
});

test('every statement is used, and every one that is used is there', () => {
  const calls = shippedSources().flatMap(({ text }) =>
    [...text.matchAll(/\bstatement\((['"])([\w-]+)\1\)/g)].map(([, , name]) => name),
  );
  expect([...new Set(calls)].sort()).toEqual(names);
});
