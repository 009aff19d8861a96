import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SHARDS } from '@reprise/contracts';
import { EmptyDatabase } from '@reprise/testing';
import { Database, migrate } from '../index.js';
import { migrations } from '../migrations/index.js';

let empty: EmptyDatabase;
let services: Database[];

beforeEach(async () => {
  empty = await EmptyDatabase.create();
  services = [];
});
afterEach(async () => {
  for (const service of services) await service.close();
  await empty.end();
});

async function start(): Promise<number> {
  const service = new Database({ url: empty.url, applicationName: 'service', poolSize: 3 });
  services.push(service);
  await service.connect();
  return migrate(service);
}

test('of six services that start for the first time at once, one migrates and none fails', async () => {
  const applied = await Promise.all(Array.from({ length: 6 }, start));
  expect([...applied].sort()).toEqual([0, 0, 0, 0, 0, migrations.length]);
  expect(await start()).toBe(0);
  const rows = await services[0]?.source.query('select name from reprise.migration order by id');
  expect(rows).toEqual(migrations.map((migration) => ({ name: new migration().name })));
});

test('a migration that is interrupted is taken up by the next start', async () => {
  const service = new Database({ url: empty.url, applicationName: 'killed', poolSize: 3 });
  services.push(service);
  await service.connect();
  const killing = service.source.query('select 1').then(async () => {
    // Whatever it is doing by now: the connections of this service end.
    const admin = new Database({ url: empty.url, applicationName: 'admin', poolSize: 1 });
    services.push(admin);
    await admin.connect();
    await admin.source.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'killed'`);
  });
  await Promise.allSettled([migrate(service), killing]);
  await start();
  const tables = await services
    .at(-1)
    ?.source.query(`select from pg_tables where schemaname = 'reprise' and tablename = any('{run,task,attempt,setting}')`);
  expect(tables).toHaveLength(4);
});

test('a ledger that was made for another number of shards is refused, and says so', async () => {
  await start();
  await services.at(-1)?.source.query(`update reprise.setting set value = '16' where name = 'shards'`);
  await expect(start()).rejects.toThrow(
    `this ledger was made for 16 shards, this build of Reprise has ${SHARDS}: start the build that made it, or use a new database`,
  );
  await services.at(-1)?.source.query(`update reprise.setting set value = to_jsonb($1::int) where name = 'shards'`, [SHARDS]);
  expect(await start()).toBe(0);
});
