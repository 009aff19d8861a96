import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { claimId, fence, type RunId, runId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { insertFinishedRuns, TestDatabase } from '@reprise/testing';
import { newRun, newStart, newTask } from '../../test/rows.js';
import {
  AdvanceStore,
  ALL_RUNS,
  ClaimStore,
  type Database,
  DeadLetterStore,
  deleteRuns,
  EventViews,
  ensurePartitions,
  FIRST_END,
  Gauges,
  lockEndedRuns,
  NoticeStore,
  RepeatStore,
  RetentionStore,
  type RunFilter,
  RunViews,
  type Session,
  StartStore,
  type Statement,
  WatchStore,
  weekRanges,
} from '../index.js';

const RUNS = 30_000;
const DAYS = 13;
const DAY_MS = 24 * 3_600_000;
/** What a statement for one batch or one page of a list may look at: pages, and rows of tables that it goes through from end to end. */
const MOST_PAGES = 300;
const MOST_SCANNED = 1_000;
const BATCH = 10;

let db: TestDatabase;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

/** What is written beside the main statement is not always counted with it. */
const pagesOf = (plan: Plan): number =>
  Math.max(plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], ...(plan.Plans ?? []).map(pagesOf));

function scannedBy(plan: Plan): number {
  const rows = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return Math.max(plan['Node Type'] === 'Seq Scan' ? rows : 0, ...(plan.Plans ?? []).map(scannedBy));
}

interface Looked {
  readonly name: string;
  readonly pages: number;
  readonly scanned: number;
}

/** Runs each statement for real, notes what it has looked at, and undoes it. */
class Explaining implements Session {
  readonly looked: Looked[] = [];

  /** `answers`: for those who ask on by what was found; what has no effect can be asked twice. */
  constructor(private readonly answers: boolean) {}

  async run(statement: Statement, values: readonly unknown[]): Promise<readonly never[]> {
    if (this.answers) await this.explain(statement, values);
    else return this.explain(statement, values);
    return (await db.database.run(statement, values)) as readonly never[];
  }

  private async explain(statement: Statement, values: readonly unknown[]): Promise<readonly never[]> {
    const runner = db.database.source.createQueryRunner();
    try {
      await runner.startTransaction();
      const rows = await runner.query(`explain (analyze, buffers, format json) ${statement.text}`, [...values]);
      const answer = rows[0]['QUERY PLAN'];
      const [{ Plan: plan }] = (typeof answer === 'string' ? JSON.parse(answer) : answer) as [{ Plan: Plan }];
      this.looked.push({ name: statement.name, pages: pagesOf(plan), scanned: scannedBy(plan) });
      await runner.rollbackTransaction();
    } finally {
      await runner.release();
    }
    return [];
  }

  async write(statement: Statement, values: readonly unknown[]): Promise<void> {
    await this.run(statement, values);
  }

  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return work(this);
  }
}

const explaining = (answers = false): Explaining & Database => new Explaining(answers) as unknown as Explaining & Database;

function expectBounded({ looked }: Explaining): void {
  const tooMuch = looked.filter(({ pages, scanned }) => pages > MOST_PAGES || scanned > MOST_SCANNED);
  if (tooMuch.length > 0) throw new Error(`looked at too much: ${JSON.stringify(tooMuch)}`);
  expect(looked.length).toBeGreaterThan(0);
}

beforeAll(async () => {
  db = await TestDatabase.create();
  for (let ago = DAYS; ago > 0; ago -= 7) await ensurePartitions(db.database, systemClock.now() - ago * DAY_MS);
  await db.database.source.transaction((manager) =>
    insertFinishedRuns((text, values) => manager.query(text, values), { runs: RUNS, days: DAYS }),
  );
  await db.query('analyze');
});
afterAll(() => db.end());

const finishedIds = async (count: number): Promise<readonly RunId[]> => {
  const rows = await db.query<{ id: string }>('select id from reprise.run where ended_at is not null order by id limit $1', [
    count,
  ]);
  return rows.map(({ id }) => runId(id));
};

test('the tables are larger than what any statement may look at', async () => {
  const rows = await db.query<{ rows: number }>(
    `select count(*)::int as rows from reprise.run union all select count(*)::int from reprise.task
     union all select count(*)::int from reprise.trigger_event union all select count(*)::int from reprise.repeated_event
     union all select count(*)::int from reprise.idempotency`,
  );
  expect(Math.min(...rows.map((each) => each.rows))).toBeGreaterThan(5 * MOST_SCANNED);
});

test('a start, a claim and an end look at no more pages than they have rows', async () => {
  const starts = Array.from({ length: BATCH }, () => newStart(newRun(), [newTask()]));
  const explained = explaining();
  const store = new StartStore(explained);
  const events = starts.map(({ run }) => ({ source: 'shop', id: run.id, type: 't', subject: null, fingerprint: 'f' }));
  await store.insertEvents(events.map((event) => ({ ...event, outcome: 'accepted' as const, results: '[]' as never })));
  await store.findEvents(events);
  await store.takeKeys(
    starts.map(({ run }) => ({ workflow: 'pages', key: run.id, fingerprint: 'f', run: run.id })),
    DAY_MS,
  );
  const held = starts.map((_, index) => ({ workflow: `flow-${(5 * index) % 10}`, key: `order-${5 * index}` }));
  await store.findKeys(held);
  await new RepeatStore(explained).record(
    events.map((event, index) => ({ ...event, id: `order-${4 * index}`, outcome: 'duplicate', reason: 'r', count: 1 })),
  );
  await store.insertRuns(starts);
  await new StartStore(db.database).insertRuns(starts);
  const tickets = starts.map(({ run }) => ({ run: run.id, node: 0, at: '', fence: fence(1) }));
  await new ClaimStore(explained).claim(tickets, claimId(systemClock.uuid()), 'executor', 15_000, 'default');
  const advance = new AdvanceStore(explained);
  await advance.lockRuns(starts.map(({ run }) => run.id).sort());
  await advance.lockTasks(tickets);
  await advance.writeTasks(starts.map(({ run, tasks: [task] }) => ({ run: run.id, task: task ?? newTask() })));
  await advance.updateRuns(starts.map(({ run }) => ({ ...run, status: 'succeeded', endedAt: systemClock.now() })));
  await advance.markAnnounced(starts.map(({ run }) => run.id));
  expectBounded(explained);
});

const FILTERS: readonly Partial<RunFilter>[] = [
  {},
  { status: 'succeeded' },
  { status: 'failed' },
  { status: 'cancelled' },
  { status: 'running' },
  { workflow: 'flow-3' },
  { workflow: 'nobody' },
  { labels: { region: 'r1' } },
  { labels: { customer: 'c77' } },
  { labels: { customer: 'nobody' } },
  { sinceMs: 1, untilMs: 2 },
  { parent: '00000000-0000-7000-8000-000000000001' },
  { q: 'order-77' },
  { workflow: 'flow-3', status: 'failed' },
  { workflow: 'flow-3', status: 'cancelled' },
  { workflow: 'flow-3', labels: { region: 'r3' } },
  { status: 'failed', labels: { region: 'r3' } },
  { status: 'failed', labels: { customer: 'nobody' } },
  { status: 'succeeded', labels: { region: 'r1', customer: 'c77' } },
];

test.each(FILTERS)('a list of runs by %j looks at few pages', async (filter) => {
  const explained = explaining(true);
  await new RunViews(explained).list({ ...ALL_RUNS, ...filter }, { cursor: null, limit: 50 });
  expectBounded(explained);
});

test.each([
  { type: null, outcome: null },
  { type: 'order.paid', outcome: null },
  { type: 'nobody', outcome: null },
  { type: null, outcome: 'unmatched' as const },
  { type: null, outcome: 'rejected' as const },
  { type: null, outcome: 'duplicate' as const },
  { type: null, outcome: 'conflict' as const },
  { type: 'order.paid', outcome: 'conflict' as const },
  { type: 'nobody', outcome: 'duplicate' as const },
])('a list of events by %j looks at few pages', async (filter) => {
  const explained = explaining();
  await new EventViews(explained).list(filter, { cursor: null, limit: 50 });
  expectBounded(explained);
});

test.each(['order-77', 'order-40', 'nobody'])('who owns the key %s is found by the key', async (key) => {
  const explained = explaining();
  await new EventViews(explained).keys(key, { cursor: null, limit: 50 });
  expectBounded(explained);
});

test('gauges and the watch look at few pages', async () => {
  const explained = explaining();
  const gauges = new Gauges(explained);
  await gauges.openRuns();
  await gauges.parkedTasks();
  await gauges.readyQueues(2_000);
  await gauges.waitingQueues();
  await gauges.lastSuccesses();
  await new DeadLetterStore(explained).countOpen();
  const watch = new WatchStore(explained);
  await watch.dueTasks(500, []);
  await watch.dueRuns(500);
  await new NoticeStore(explained).due(500);
  expectBounded(explained);
});

test('retention looks at what goes, and at nothing else', async () => {
  const explained = explaining();
  const store = new RetentionStore(explained);
  const [range] = weekRanges([]);
  if (range === undefined) throw new Error('no range');
  const now = systemClock.now();
  await store.endedRuns(range, now, FIRST_END, BATCH);
  await store.endedRuns(range, now - 1_000 * DAY_MS, FIRST_END, BATCH);
  await store.runsWithMore(range, BATCH);
  const ids = await finishedIds(BATCH);
  await store.portions(ids, 10_000);
  await store.orphansOf(ids);
  await lockEndedRuns(explained, ids, now);
  await deleteRuns(explained, ids);
  await store.forgetEvents(now, BATCH);
  await store.forgetRepeats(now, BATCH);
  await store.forgetKeys(BATCH);
  await store.forgetLetters(now, BATCH);
  await store.forgetDead();
  await store.probeNames();
  expectBounded(explained);
});
