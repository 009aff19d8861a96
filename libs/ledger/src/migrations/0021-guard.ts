import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Guard1700000000021 implements MigrationInterface {
  readonly name = 'Guard1700000000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0021-guard.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reprise.place, reprise.dependency');
  }
}
