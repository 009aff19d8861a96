import type { QueryRunner } from 'typeorm';

/** An index of a large table may take longer than any statement of a service should. */
export async function withoutTimeout(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  const [asked] = await runner.query(`select current_setting('statement_timeout') as timeout`);
  await runner.query('set statement_timeout = 0');
  try {
    await work();
  } finally {
    await runner.query(`set statement_timeout = '${asked.timeout}'`);
  }
}
