import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EveryEnd1700000000025 implements MigrationInterface {
  readonly name = 'EveryEnd1700000000025';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0025-every-end.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `delete from reprise.completion as c using reprise.completion as later
       where c.run_id = later.run_id and c.status = later.status and c.ended_at < later.ended_at`,
    );
    await runner.query('alter table reprise.completion drop constraint completion_pkey, add primary key (run_id, status)');
  }
}
