import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withoutTimeout } from './without-timeout.js';

export class Keys1700000000024 implements MigrationInterface {
  readonly name = 'Keys1700000000024';
  /** Keys are taken while the index is built: in a transaction every start would wait for it. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await withoutTimeout(runner, async () => {
      // What an interrupted try has left is of no use, and stands in the way by its name.
      await runner.query('drop index concurrently if exists reprise.idempotency_by_key');
      await runner.query(readFileSync(new URL('../../migrations/0024-keys.sql', import.meta.url), 'utf8'));
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index reprise.idempotency_by_key');
  }
}
