import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { indexPartitions } from './index-partitions.js';
import { storeWeeks } from './partition-storage.js';

export class BoundedLists1700000000022 implements MigrationInterface {
  readonly name = 'BoundedLists1700000000022';
  /** What is built beside the work cannot be undone with the rest: each step finds what an earlier try has done. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0022-bounded-lists.sql', import.meta.url), 'utf8'));
    await indexPartitions(runner, { index: 'run_failed_of_workflow', table: 'run' });
    await storeWeeks(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index reprise.run_failed_of_workflow');
  }
}
