import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Effect1700000000010 implements MigrationInterface {
  readonly name = 'Effect1700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0010-effect.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reprise.effect; drop function reprise.opened; alter table reprise.task drop column guard');
  }
}
