import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Operate1700000000009 implements MigrationInterface {
  readonly name = 'Operate1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0009-operate.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reprise.queue_pause, reprise.attempt_log');
    await runner.query('drop index reprise.dead_letter_look');
    await runner.query(
      `alter table reprise.dead_letter add column settled_as text, drop column state, drop column redrive_of, drop column redrives,
        drop column asked_by, drop column asked_at, drop column discard_reason, drop column last_error, drop column look_at`,
    );
  }
}
