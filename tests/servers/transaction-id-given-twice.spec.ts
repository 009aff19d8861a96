import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { classifyError, Database, type Session, type Statement } from '@reprise/ledger';
import { eventually } from '@reprise/testing';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from '../chaos/load.js';
import { DatabasePair } from './database-pair.js';

/*
 * The number of a transaction whose records were not on disk when the server died is given to another one afterwards. Who asks what
 * became of it hears of the other.
 */

let pair: DatabasePair;
let database: Database;
beforeEach(async () => {
  // Asynchronous: the standby may lack what the primary has answered.
  pair = await DatabasePair.start({ synchronous: false });
  // The one connection there may be is the one that has died: whoever asks needs its place.
  database = new Database({ url: pair.url, applicationName: 'failover', poolSize: 1 });
  await database.connect();
  await database.run(sql('create table public.kept (what text)'), []);
}, 120_000);
afterEach(async () => {
  await database.close();
  await pair.end();
}, END_WITHIN_MS);

const sql = (text: string): Statement => ({ name: text.slice(0, 40), text });
const keep = (session: Session, what: string) => session.run(sql(`insert into public.kept values ('${what}')`), []);
/** Many more transactions than there have been since the server that died was last heard of. */
const OTHERS = `do $$ begin for i in 1..200 loop insert into public.kept values ('other'); commit; end loop; end $$`;
const keptOn = async (server: 'one' | 'two') =>
  (await pair.on(server, `select distinct what from public.kept order by what`)).map(({ what }) => what);

async function standbyFallsBehind(): Promise<void> {
  await eventually(async () => expect(await keptOn('two')).toEqual(['followed']), {
    what: 'the standby has followed so far',
    timeoutMs: PATIENCE_MS,
  });
  await pair.on('two', `alter system set primary_conninfo = ''`);
  await pair.on('two', 'select pg_reload_conf()');
  await eventually(async () => expect(await pair.on('one', 'select from pg_stat_replication')).toEqual([]), {
    what: 'the standby follows no more',
    timeoutMs: PATIENCE_MS,
  });
}

const refusal = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'committed',
    (error: unknown) => classifyError(error),
  );

test(
  'a failover to a standby that was behind: what was answered is lost, but a lost commit is not taken for another’s',
  async () => {
    await keep(database, 'followed');
    await standbyFallsBehind();
    await keep(database, 'answered');
    const verdict = await refusal(
      database.transaction(async (session) => {
        await keep(session, 'in doubt');
        await pair.kill('one');
        pair.leadTo('two');
        await pair.on('two', 'select pg_promote()');
        await pair.on('two', OTHERS);
      }),
    );
    expect([verdict, await keptOn('two')]).toEqual(['unavailable', ['followed', 'other']]);
  },
  TEST_WITHIN_MS,
);

test(
  'a crash of the server that it recovers from by itself: a lost commit is not taken for another’s',
  async () => {
    const verdict = await refusal(
      database.transaction(async (session) => {
        const [row] = await session.run<{ pid: number }>(sql('select pg_backend_pid() as pid'), []);
        // One process that dies takes the memory of all with it.
        process.kill(row?.pid ?? 0, 'SIGKILL');
        await eventually(() => pair.on('one', OTHERS), { what: 'the server is there again', timeoutMs: PATIENCE_MS });
      }),
    );
    expect([verdict, await keptOn('one')]).toEqual(['unavailable', ['other']]);
  },
  TEST_WITHIN_MS,
);
