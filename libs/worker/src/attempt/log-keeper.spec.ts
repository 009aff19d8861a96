import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { AttemptLogStore, type Claimed, type LogPart } from '@reprise/ledger';
import { silentLogger } from '@reprise/service';
import { registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { claimedOf, newTicket } from '../../test/attempts.js';
import { LogKeeper } from './log-keeper.js';
import { SecretMask } from './redact-secrets.js';

const NOTHING = new SecretMask([]);

describe('what attempts log', () => {
  let statements: (readonly LogPart[])[];
  let answer: () => Promise<void>;
  let keeper: LogKeeper;

  beforeEach(() => {
    jest.useFakeTimers();
    statements = [];
    answer = async () => undefined;
    const store = {
      write: async (parts: readonly LogPart[]) => {
        statements.push(parts);
        await answer();
      },
    };
    keeper = new LogKeeper({ store, logger: silentLogger, now: () => 0 });
  });
  afterEach(() => void jest.useRealTimers());

  const open = (claimed: Claimed = claimedOf(newTicket())) => keeper.open(claimed, 1, NOTHING);
  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  const closed = async (): Promise<void> => {
    const closing = keeper.close();
    await pass(0);
    await closing;
  };
  const written = () => statements.map((parts) => parts.map(({ part, lines }) => [part, lines.map(({ message }) => message)]));

  test('is written once a second, of all attempts in one statement', async () => {
    const logs = [open(), open(), open()];
    for (const { log } of logs) for (let line = 0; line < 100; line += 1) log.info('x');
    await pass(999);
    expect(statements).toEqual([]);
    await pass(10);
    expect(statements.map((parts) => parts.map(({ lines }) => lines.length))).toEqual([[100, 100, 100]]);
    await pass(10_000);
    expect(statements).toHaveLength(1);
    logs[0]?.log.info('more');
    await pass(1_010);
    expect(written()[1]).toEqual([[1, ['more']]]);
  });

  test('is written at once when attempts end, those that end together in one statement', async () => {
    for (const { log, end } of [open(), open()]) {
      log.info('done');
      end();
    }
    await pass(0);
    expect(written()).toEqual([
      [
        [0, ['done']],
        [0, ['done']],
      ],
    ]);
  });

  test('costs nothing where nothing is logged: no statement, no timer', async () => {
    const { end } = open();
    expect(jest.getTimerCount()).toBe(0);
    end();
    await pass(5_000);
    await closed();
    expect([statements, jest.getTimerCount()]).toEqual([[], 0]);
  });

  test('is written later when the ledger is away, in order, and does not pile up without end', async () => {
    answer = () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
    const { log, end } = open();
    log.info('first');
    await pass(1_010);
    log.info('second');
    end();
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const other = open();
      for (let line = 0; line < 1_000; line += 1) other.log.info('x');
      other.end();
    }
    await pass(3_000);
    answer = async () => undefined;
    statements = [];
    await pass(1_500);
    const lines = statements.flat().reduce((sum, part) => sum + part.lines.length, 0);
    expect(lines).toBeGreaterThan(10_000);
    expect(lines).toBeLessThanOrEqual(20_000);
  });

  test('that the ledger refuses is given up, the rest goes on', async () => {
    answer = () => Promise.reject(Object.assign(new Error('invalid'), { code: '22P02' }));
    const first = open();
    first.log.info('bad');
    first.end();
    await pass(0);
    answer = async () => undefined;
    const second = open();
    second.log.info('good');
    second.end();
    await pass(0);
    await closed();
    expect(written()).toEqual([[[0, ['bad']]], [[0, ['good']]]]);
  });

  test('comes along while a statement is under way, and is all there after close', async () => {
    let release: () => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const { log, end } = open();
    log.info('one');
    await pass(1_010);
    log.info('two');
    end();
    answer = async () => undefined;
    const closing = keeper.close();
    release();
    await pass(0);
    await closing;
    expect(written()).toEqual([[[0, ['one']]], [[1, ['two']]]]);
  });
});

describe('in the ledger', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await TestDatabase.create();
  });
  afterAll(() => db.end());

  test('the lines of an attempt are found in order, whoever ran it; the same part again changes nothing', async () => {
    const store = new AttemptLogStore(db.database);
    const workflow = await registerWorkflow(db.database, 'workflow: logged\ntasks: { a: { call: shop.pay } }');
    const [started] = await startRuns(db.database, workflow);
    const [ticket] = started?.tickets ?? [];
    if (ticket === undefined) throw new Error('no ticket');
    expect(await store.find(ticket.run, 'a', 1)).toEqual({
      run: ticket.run,
      task: 'a',
      attempt: 1,
      items: [],
      next: null,
      truncated: false,
    });
    for (const fence of [2, 3]) {
      const keeper = new LogKeeper({ store, logger: silentLogger, now: () => 0 });
      const { log, end } = keeper.open({ ...claimedOf(ticket), fence: fence as Claimed['fence'] }, 1, NOTHING);
      for (let line = 1; line <= 2_500; line += 1) log.info(`${fence}.${line}`, { line });
      end();
      await keeper.close();
    }
    const found = await store.find(ticket.run, 'a', 1);
    expect(found?.truncated).toBe(true);
    expect(found?.items).toHaveLength(4_000);
    expect(found?.items.filter(({ skipped }) => skipped > 0).map(({ message, skipped }) => [message, skipped])).toEqual([
      ['2.1501', 500],
      ['3.1501', 500],
    ]);
    expect(found?.items[0]).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      level: 'info',
      source: 'log',
      message: '2.1',
      fields: { line: 1 },
      cut: false,
      skipped: 0,
    });
    const { run, node, at } = ticket;
    await store.write([{ run, node, at, attempt: 1, fence: 2 as Claimed['fence'], part: 0, lines: [], skipped: 9 }]);
    expect(await store.find(ticket.run, 'a', 1)).toEqual(found);
    for (const [task, attempt] of [
      ['a', 2],
      ['a', 0],
      ['b', 1],
    ] as const)
      expect(await store.find(run, task, attempt)).toBeNull();
    await store.write([]);
  });
});
