import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RepeatedEvents1700000000023 implements MigrationInterface {
  readonly name = 'RepeatedEvents1700000000023';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0023-repeated-events.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reprise.repeated_event');
  }
}
