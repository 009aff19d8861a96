import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { fails, failTimes, hangs, inTurn, type MockHandler, takes, testWorkflow } from '@reprise/worker/testing';

const DATA_SYNC = readFileSync(new URL('../../examples/data-sync/data-sync.yaml', import.meta.url), 'utf8');
const SOURCE = 'https://source.example';
const PAGES = [1, 2, 3].map((page) => ({ page, rows: 2 }));
const rowsOf = (page: number) => [{ id: page * 10 }, { id: page * 10 + 1 }];

const source: MockHandler = ({ url }: { url: string }) => {
  const page = Number(url.split('/').at(-1));
  return { status: 200, body: url.endsWith('/pages') ? { pages: PAGES, checksum: 'c1' } : { rows: rowsOf(page) } };
};

/** A database that applies a page's rows, and knows of which it has how many. */
function database() {
  const applied = new Map<number, number>();
  const sql: MockHandler = ({ query, params }: { query: string; params: readonly unknown[] }) => {
    if (!query.includes('insert into')) {
      const rows = [...applied.values()].reduce((sum, count) => sum + count, 0);
      return { rows: [{ rows, checksum: rows === 6 ? 'c1' : 'c0', pages: applied.size }], rowCount: 1 };
    }
    const [rows, , page] = params as [readonly unknown[], string, number];
    applied.set(page, rows.length);
    return { rows: [{ rows: rows.length }], rowCount: 1 };
  };
  return { applied, sql };
}

const sync = (more: Readonly<Record<string, MockHandler>> = {}) => {
  const { applied, sql } = database();
  return { applied, tester: testWorkflow(DATA_SYNC, { handlers: { http: source, sql, ...more } }) };
};
const INPUT = { source: SOURCE };

describe('synchronising a source', () => {
  test('applies each page once, and checks what came of it', async () => {
    const { tester, applied } = sync();
    const run = await tester.run(INPUT);
    expect(run.output).toEqual({ rows: 6, pages: 3, checksum: 'c1', fetches: 3 });
    expect([...applied]).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
  });

  test('fetches a page again that came without all of its rows', async () => {
    const { tester } = sync({ 'page[1].fetch': inTurn({ body: { rows: [] } }, source) });
    const run = await tester.run(INPUT);
    expect([run.status, run.output]).toEqual(['succeeded', expect.objectContaining({ fetches: 4 })]);
    expect(run.task('page[1].fetch').attempts[0]).toMatchObject({ status: 'failed', error: { code: 'UNEXPECTED_RESULT' } });
  });

  test('never gives a page up: a source that is repaired after two hours is synchronised then', async () => {
    const asked = 2 * 720;
    const { tester } = sync({ 'page[2].fetch': failTimes(asked, 'http.503', source) });
    const run = await tester.start(INPUT);
    await run.advance('1h');
    expect([run.status, run.task('page[2].fetch').status]).toEqual(['running', 'retrying']);
    await run.goOn();
    expect([run.status, run.task('page[2].fetch').attempts.length]).toEqual(['succeeded', asked + 1]);
  });

  test('waits no longer than two seconds for a page, and asks as a busy source wants to be asked', async () => {
    const { tester } = sync({
      'page[0].fetch': inTurn(hangs(), takes('3s', source), source),
      'page[1].fetch': inTurn(fails('http.429', { retryAfter: '9s' }), source),
    });
    const run = await tester.run(INPUT);
    expect(run.task('page[0].fetch').attempts.map(({ status }) => status)).toEqual(['timeout', 'timeout', 'succeeded']);
    expect(run.task('page[1].fetch').attempts[1]?.waited).toMatch(/^9(\.\d+)?s$/);
  });

  test('fails where the sum is not right, at the first try', async () => {
    const { tester } = sync({ verify: () => ({ rows: [{ rows: 5, checksum: 'c9', pages: 3 }] }) });
    const run = await tester.run(INPUT);
    expect([run.status, run.error?.code, run.task('verify').attempts.length]).toEqual(['failed', 'UNEXPECTED_RESULT', 1]);
  });

  test('refuses a source that is no address', async () => {
    await expect(sync().tester.run({ source: 'here' })).rejects.toThrow('the input does not fit data-sync');
  });
});
