import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Json } from '@reprise/core';
import { TestDatabase } from '@reprise/testing';
import { newVersionId } from '../../test/rows.js';
import { documentHash, WorkflowStore } from '../index.js';

let db: TestDatabase;
let store: WorkflowStore;

const document = (step: number, version?: string): Json => ({
  workflow: 'sync',
  tasks: { a: { sleep: `${step}s` } },
  ...(version ? { version } : {}),
});
const register = (step: number, version: string | null = null, name = 'sync') =>
  store.register(newVersionId(), name, version, document(step, version ?? undefined));

beforeAll(async () => {
  db = await TestDatabase.create(12);
  store = new WorkflowStore(db.database);
});
afterAll(() => db.end());
beforeEach(async () => {
  await db.query('delete from reprise.workflow_name');
  await db.query('delete from reprise.workflow');
});

describe('a workflow', () => {
  test('is a new version when its content is new, and the same one when it is not, in whatever order its keys come', async () => {
    const first = await register(1);
    expect(first).toMatchObject({ kind: 'created', version: { name: 'sync', number: 1, version: null } });
    const reordered: Json = { tasks: { a: { sleep: '1s' } }, workflow: 'sync' };
    const again = await store.register(newVersionId(), 'sync', null, reordered);
    expect(again).toMatchObject({ kind: 'same', version: { number: 1, hash: documentHash(document(1)) } });
    expect(await register(2)).toMatchObject({ kind: 'created', version: { number: 2 } });
    expect((await store.versions('sync', 500)).map(({ number }) => number)).toEqual([2, 1]);
  });

  test('registered by ten at once is one version; ten different ones are ten, numbered without gaps', async () => {
    const same = await Promise.all(Array.from({ length: 10 }, () => register(1)));
    expect(same.map(({ kind }) => kind).sort()).toEqual(['created', ...Array.from({ length: 9 }, () => 'same')]);
    await Promise.all(Array.from({ length: 10 }, (_, index) => register(index + 2)));
    expect((await store.versions('sync', 500)).map(({ number }) => number)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('with the semver of another content is a conflict, and changes nothing', async () => {
    const first = await register(1, '1.0.0');
    const second = await register(2, '1.0.0');
    expect(second).toMatchObject({ kind: 'conflict', existing: { number: 1, version: '1.0.0' } });
    expect(await register(2, '1.0.0', 'another')).toMatchObject({ kind: 'created' });
    expect(await store.versions('sync', 500)).toEqual([first.kind === 'conflict' ? null : first.version]);
  });

  test('starts with the version registered last, and is found by semver and by number', async () => {
    await register(1, '1.0.0');
    await register(2, '1.1.0');
    expect((await store.find('sync'))?.version.number).toBe(2);
    await register(1, '1.0.0');
    expect((await store.find('sync'))?.version.number).toBe(1);
    expect((await store.find('sync', '1.1.0'))?.version.number).toBe(2);
    expect((await store.find('sync', '2'))?.version.version).toBe('1.1.0');
    expect([await store.find('sync', '3'), await store.find('sync', '9.9.9'), await store.find('nobody')]).toEqual([
      null,
      null,
      null,
    ]);
    const found = await store.find('sync');
    expect(await store.byId(found?.version.id ?? newVersionId())).toEqual(found?.version);
    expect(found?.version.document).toEqual(document(1, '1.0.0'));
  });

  test('that is archived starts nothing and stays readable; registering it again brings it back', async () => {
    await register(1);
    await register(5, null, 'other');
    expect(await store.archive('sync')).toBe(true);
    expect((await store.current()).map(({ name }) => name)).toEqual(['other']);
    expect(await store.find('sync')).toMatchObject({ archived: true, version: { number: 1 } });
    expect(await register(1)).toMatchObject({ kind: 'same' });
    expect(await store.find('sync')).toMatchObject({ archived: false });
    expect((await store.current()).map(({ name }) => name).sort()).toEqual(['other', 'sync']);
    expect(await store.archive('nobody')).toBe(false);
  });
});

test('the revision changes with everything that changes what may start, and with nothing else', async () => {
  const seen: string[] = [await store.revision()];
  const changed = async (change: () => Promise<unknown>) => {
    await change();
    const revision = await store.revision();
    expect(seen).not.toContain(revision);
    expect(await store.revision()).toBe(revision);
    seen.push(revision);
  };
  await changed(() => register(1));
  await changed(() => register(2));
  await changed(() => store.archive('sync'));
  await register(2);
  await changed(() => register(1, null, 'other'));
  const before = await store.revision();
  await register(1);
  expect(await store.revision()).not.toBe(before);
  await register(2);
  expect(await store.revision()).toBe(before);
});
