import { readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Language1700000000003 implements MigrationInterface {
  readonly name = 'Language1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(readFileSync(new URL('../../migrations/0003-language.sql', import.meta.url), 'utf8'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'drop table reprise.interest, reprise.kept_event, reprise.event_key, reprise.subscription, reprise.seen_event, reprise.approval_event, reprise.approval_answer, reprise.approval, reprise.slot, reprise.rate, reprise.tree, reprise.notice',
    );
    await runner.query('drop index reprise.command_run');
    await runner.query(
      'alter table reprise.run drop column origin, drop column progress, drop column parent_id, drop column slot_key',
    );
  }
}
