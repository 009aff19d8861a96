import type { Database, Session, Statement } from '../src/index.js';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

/** Rows of tables and indexes that a plan has looked at. */
function rowsRead(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, each) => sum + rowsRead(each), 0);
  const isScan = plan['Relation Name'] !== undefined && plan['Node Type'].endsWith('Scan');
  if (!isScan && plan['Node Type'] !== 'Bitmap Index Scan') return below;
  const each = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  return below + each * plan['Actual Loops'];
}

/** Runs each statement for real, notes what it has read, and undoes it. */
export class Explaining implements Session {
  /** Rows, by statement. */
  readonly reads = new Map<string, number>();
  /** Pages of 8 KB, by statement. */
  readonly pages = new Map<string, number>();

  constructor(private readonly database: Database) {}

  async run(statement: Statement, values: readonly unknown[]): Promise<readonly never[]> {
    const runner = this.database.source.createQueryRunner();
    try {
      await runner.startTransaction();
      const rows = await runner.query(`explain (analyze, buffers, format json) ${statement.text}`, [...values]);
      const answer = rows[0]['QUERY PLAN'];
      const [{ Plan: plan }] = (typeof answer === 'string' ? JSON.parse(answer) : answer) as [{ Plan: Plan }];
      this.reads.set(statement.name, rowsRead(plan));
      this.pages.set(statement.name, plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
      await runner.rollbackTransaction();
    } finally {
      await runner.release();
    }
    return [];
  }

  async write(statement: Statement, values: readonly unknown[]): Promise<void> {
    await this.run(statement, values);
  }
}
