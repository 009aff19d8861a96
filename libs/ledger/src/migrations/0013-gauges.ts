import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Gauges1700000000013 implements MigrationInterface {
  readonly name = 'Gauges1700000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0013-gauges.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reprise.workflow_success; drop index reprise.task_waiting');
  }
}
