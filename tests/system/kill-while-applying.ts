import type { TaskView } from '@reprise/contracts';
import { eventually, type ServiceProcess, type TestDatabase } from '@reprise/testing';

/** Whoever notes a page has written its rows, and waits here for as long as the test holds the lock. */
export const GATE = `
  create function data_sync.gate() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(17); return new; end $$;
  create trigger gate before insert on data_sync.sync_page for each row execute function data_sync.gate()`;

/**
 * Kills an executor while Postgres is in the midst of its pages: the statement has written, nothing is committed. An effect that
 * committed by itself would do so now, and again with the next attempt. Answers the tasks that were cut off.
 */
export async function killWhileApplying(
  doomed: ServiceProcess,
  database: TestDatabase,
  tasksNow: () => Promise<readonly TaskView[]>,
): Promise<readonly TaskView[]> {
  return database.database.source.transaction(async (session) => {
    await session.query('set local idle_in_transaction_session_timeout = 0');
    await session.query('select pg_advisory_xact_lock(17)');
    const cutOff = await eventually(
      async () => {
        const applying = (await tasksNow()).filter(({ path, status }) => path.endsWith('.apply') && status === 'running');
        // A page that committed before the gate closed has only not been reported yet: nothing can cut it off any more.
        const committed = await database.query<{ page: number }>('select page from data_sync.sync_page');
        const done = new Set(committed.map(({ page }) => `page[${page}].apply`));
        const open = applying.filter(({ path }) => !done.has(path));
        const own = open.filter(({ executor }) => executor?.includes(`/${doomed.pid}/`));
        const [blocked] = await database.query<{ count: number }>(
          `select count(*)::int as count from pg_stat_activity
          where datname = current_database() and application_name = 'reprise sql' and wait_event = 'advisory'`,
        );
        return own.length > 0 && blocked?.count === open.length && own;
      },
      { what: 'the executor to be killed is applying a page', timeoutMs: 120_000 },
    );
    await doomed.kill('SIGKILL');
    return cutOff;
  });
}
