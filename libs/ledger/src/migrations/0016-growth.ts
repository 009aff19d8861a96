import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Growth1700000000016 implements MigrationInterface {
  readonly name = 'Growth1700000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0016-growth.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index reprise.run_failed, reprise.trigger_event_outcome, reprise.trigger_event_type');
  }
}
