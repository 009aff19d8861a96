import { type RunId } from '@reprise/core';
import { TestDatabase } from '@reprise/testing';
import { AdvanceStore, type Session, StartStore } from '../src/index.js';
import { newRun, newStart, newTask } from './rows.js';

/** Runs of two tasks each, advanced as the scheduler does it: in transactions of their own. */
export class Advancing {
  private own: TestDatabase | null = null;

  constructor(private readonly connections = 4) {}

  get db(): TestDatabase {
    if (this.own === null) throw new Error('not begun yet');
    return this.own;
  }

  begin = async (): Promise<void> => {
    this.own = await TestDatabase.create(this.connections);
  };

  end = async (): Promise<void> => this.own?.end();

  advance = <Result>(work: (store: AdvanceStore, session: Session) => Promise<Result>): Promise<Result> =>
    this.db.database.transaction((session) => work(new AdvanceStore(session), session));

  startRuns = async (count: number): Promise<readonly RunId[]> => {
    const starts = Array.from({ length: count }, () => newStart(newRun(), [newTask(), newTask({ node: 1 })]));
    await new StartStore(this.db.database).insertRuns(starts);
    return starts.map(({ run }) => run.id);
  };

  startRun = async (): Promise<RunId> => {
    const [id] = await this.startRuns(1);
    return id as RunId;
  };

  /** A transaction that has done its first half and waits to be let go on with the second. */
  halfway = async (first: (store: AdvanceStore) => Promise<void>, second: (store: AdvanceStore) => Promise<void>) => {
    let go = (): void => undefined;
    let arrive = (): void => undefined;
    const mayGo = new Promise<void>((resolve) => {
      go = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const done = this.advance(async (store, session) => {
      // However slow the machine: whom it holds up has to be seen waiting first.
      await session.run({ name: 'take-time', text: 'set local idle_in_transaction_session_timeout = 0' }, []);
      await first(store);
      arrive();
      await mayGo;
      await second(store);
    });
    await Promise.race([arrived, done]);
    return {
      finish: (): Promise<void> => {
        go();
        return done;
      },
    };
  };
}
