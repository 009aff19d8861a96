import { type AttemptTicket, type InboxItem, names, type Outgoing } from '@reprise/contracts';
import { claimId, type Json, type Outcome, type RunId, toJsonText } from '@reprise/core';
import {
  type Claimed,
  ClaimStore,
  type Database,
  DatabaseClock,
  DependencyStore,
  MemberStore,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { readSettings, type Settings, silentLogger, systemClock } from '@reprise/service';
import { registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { AdvanceRuns } from '../src/advance/advance-runs.js';
import type { Advanced } from '../src/advance/advanced.js';
import type { Guarding } from '../src/advance/decide-run.js';
import { policyOf, WatchGuards } from '../src/guards/watch-guards.js';

/** What is in force where nobody has said anything else. */
export const guardingOf = (database: Database, settings: Settings): Guarding => ({
  guards: new WatchGuards({
    dependencies: new DependencyStore(database),
    members: new MemberStore(database),
    settings,
    logger: silentLogger,
  }),
  policy: policyOf(settings),
});

export const succeeded = (output: unknown = null): Outcome => ({ kind: 'succeeded', output: toJsonText(output) });

export interface Working {
  readonly ticket: AttemptTicket;
  readonly claimed: Claimed;
}

/** The scheduler's transaction on a ledger of its own; the test is the broker and the executor. */
export class SchedulerUnderTest implements AsyncDisposable {
  readonly topology = names('nowhere');
  readonly runs: AdvanceRuns;
  private readonly claims: ClaimStore;

  private constructor(
    readonly db: TestDatabase,
    databaseClock: DatabaseClock,
  ) {
    this.claims = new ClaimStore(db.database);
    const settings = readSettings({ DATABASE_URL: db.url }, 'scheduler');
    this.runs = new AdvanceRuns({
      database: db.database,
      workflows: new WorkflowCache(new WorkflowStore(db.database)),
      databaseClock,
      clock: systemClock,
      settings,
      guarding: guardingOf(db.database, settings),
      names: this.topology,
    });
  }

  static async create(): Promise<SchedulerUnderTest> {
    const db = await TestDatabase.create();
    const clock = new DatabaseClock(db.database, () => systemClock.monotonicMs());
    await clock.sample();
    return new SchedulerUnderTest(db, clock);
  }

  async start(document: string, input: Json = {}): Promise<{ readonly run: RunId; readonly tickets: readonly AttemptTicket[] }> {
    const [started] = await startRuns(this.db.database, await registerWorkflow(this.db.database, document), [input]);
    if (started === undefined) throw new Error('nothing was started');
    return started;
  }

  async claim(tickets: readonly AttemptTicket[]): Promise<readonly Working[]> {
    const { claimed } = await this.claims.claim(tickets, claimId(systemClock.uuid()), 'executor-1', 15_000, 'default');
    return tickets.map((ticket) => {
      const mine = claimed.find(({ run, node, at }) => run === ticket.run && node === ticket.node && at === ticket.at);
      if (mine === undefined) throw new Error(`${ticket.path} was not claimed`);
      return { ticket, claimed: mine };
    });
  }

  async claimOne(tickets: readonly AttemptTicket[]): Promise<Working> {
    const [working] = await this.claim(tickets.slice(0, 1));
    if (working === undefined) throw new Error('nothing to claim');
    return working;
  }

  async advance(items: readonly InboxItem[], redelivered = false): Promise<readonly Advanced[]> {
    return this.runs.advance(
      items.map((item) => ({ item, redelivered })),
      [],
    );
  }

  /** Everything of a run that must not change when nothing happens to it. */
  async image(run: RunId): Promise<unknown> {
    const [row] = await this.db.query('select r.* from reprise.run r where id = $1', [run]);
    const tasks = await this.db.query('select * from reprise.task where run_id = $1 order by node, at', [run]);
    return { row, tasks, attempts: await this.db.query('select * from reprise.attempt where run_id = $1', [run]) };
  }

  async run(run: RunId): Promise<{ readonly status: string; readonly output: string | null; readonly error: string | null }> {
    const [row] = await this.db.query<{ status: string; output: string | null; error: string | null }>(
      'select status, output, error from reprise.run where id = $1',
      [run],
    );
    if (row === undefined) throw new Error(`no run ${run}`);
    return row;
  }

  async end(): Promise<void> {
    await this.db.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

export const ticketsOf = (advanced: readonly Advanced[]): readonly AttemptTicket[] =>
  advanced.flatMap(({ outgoing }) => outgoing.flatMap(({ tickets = [] }) => tickets));

export const exchangesOf = (advanced: readonly Advanced[]): readonly string[] =>
  advanced.flatMap(({ outgoing }) => outgoing.map((message: Outgoing) => message.exchange));

export function reported({ ticket, claimed }: Working, outcome: Outcome): InboxItem {
  const { run, version, node, at } = ticket;
  return { kind: 'outcome', run, version, node, at, fence: claimed.fence, claim: claimed.claim, outcome };
}
