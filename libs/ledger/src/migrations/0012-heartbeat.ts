import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Heartbeat1700000000012 implements MigrationInterface {
  readonly name = 'Heartbeat1700000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0012-heartbeat.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reprise.task drop column heartbeat');
  }
}
