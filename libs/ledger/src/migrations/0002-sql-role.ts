import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SqlRole1700000000002 implements MigrationInterface {
  readonly name = 'SqlRole1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0002-sql-role.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    // The role stays: it may own or use objects of the team's by now.
    await runner.query('drop function reprise.ensure_sql_login()');
    await runner.query('drop function reprise.record_outcome(uuid, int, text, bigint, uuid, json)');
  }
}
