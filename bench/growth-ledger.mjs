import { Database, ensurePartitions, migrate } from '@reprise/ledger';
import { insertFinishedRuns } from '@reprise/testing';
import pg from 'pg';

const serverUrl = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** A database of its own with so many finished runs, as the services would have left them. */
export class GrowthLedger {
  static async create(what, { runs, days }) {
    const ledger = new GrowthLedger();
    ledger.name = `reprise_growth_${what}_${process.pid}`;
    ledger.admin = new pg.Client(serverUrl);
    await ledger.admin.connect();
    await ledger.admin.query(`create database ${ledger.name}`);
    try {
      await ledger.fill({ runs, days });
    } catch (error) {
      await ledger.drop();
      throw error;
    }
    return ledger;
  }

  async fill({ runs, days }) {
    const url = new URL(serverUrl);
    url.pathname = `/${this.name}`;
    this.database = new Database({ url: url.href, applicationName: this.name, poolSize: 6 });
    await this.database.connect();
    await migrate(this.database);
    for (let ago = days + 7; ago >= 0; ago -= 7) await ensurePartitions(this.database, Date.now() - ago * 86_400_000);
    this.client = new pg.Client(url.href);
    await this.client.connect();
    await this.client.query('set search_path = reprise, public; set synchronous_commit = off');
    if (runs > 0) await insertFinishedRuns((text, values) => this.client.query(text, values), { runs, days });
    await this.client.query('set synchronous_commit = on');
  }

  /** All of them swept, analyzed and on disk, as they would be after a while; what each page is changed for the first time is still to come. */
  static async settle(ledgers) {
    for (const { client } of ledgers) await client.query('vacuum (analyze)');
    await ledgers[0].client.query('checkpoint').catch(() => undefined);
  }

  async settings() {
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_compression', 'shared_buffers', 'autovacuum'];
    const { rows } = await this.client.query(`select version() as name, '' as value union all
      select name, current_setting(name) from pg_settings where name = any('{${names.join(',')}}')`);
    return rows.map(({ name, value }) => (value === '' ? name.split(' (')[0] : `${name} ${value}`)).join(', ');
  }

  /** By name, weeks together: bytes, and how many levels the deepest has that leads to a row (null: nobody may ask). */
  async indexes() {
    const canAsk = await this.client.query('create extension if not exists pageinspect').then(
      () => true,
      () => false,
    );
    const levels = canAsk
      ? `max(case when am.amname = 'btree' then (select level + 1 from bt_metap(i.oid::regclass::text)) end)`
      : 'null';
    const { rows } = await this.client.query(`
      select regexp_replace(i.relname, '_(20[0-9]{6}|default)', '') as name, sum(pg_relation_size(i.oid))::float8 as bytes, ${levels} as levels
      from pg_class as i join pg_am as am on am.oid = i.relam
      where i.relkind = 'i' and i.relnamespace = 'reprise'::regnamespace and i.relname ~ '^(run|task|idempotency|trigger_event)_'
      group by 1 order by 2 desc`);
    return new Map(rows.map(({ name, bytes, levels }) => [name, { bytes, levels: levels === null ? null : Number(levels) }]));
  }

  async size() {
    const { rows } = await this.client.query('select pg_size_pretty(pg_database_size(current_database())) as size');
    return rows[0].size;
  }

  async drop() {
    const role = `select value->>'user' as role from reprise.setting where name = 'sql_role'`;
    const { rows } = (await this.client?.query(role).catch(() => undefined)) ?? { rows: [] };
    await this.client?.end();
    await this.database?.close();
    await this.admin.query(`drop database if exists ${this.name} with (force)`);
    for (const { role } of rows) await this.admin.query(`drop role if exists "${role}"`);
    await this.admin.end();
  }
}
