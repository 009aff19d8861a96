import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';

export interface Member {
  readonly id: string;
  readonly service: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly startedAt: number;
  readonly leaseUntil: number;
}

/** An executor that has said nothing for so long is taken for gone; it says something three times as often. */
export const MEMBER_LEASE_MS = 15_000;

/** Which services live: lease rows, renewed by each itself. */
export class MemberStore {
  constructor(private readonly database: Database) {}

  async renew(id: string, service: string, info: Readonly<Record<string, unknown>>, leaseMs: number): Promise<void> {
    await this.database.run(statement('upsert-member'), [id, service, JSON.stringify(info), leaseMs]);
  }

  async remove(id: string): Promise<void> {
    await this.database.run(statement('remove-member'), [id]);
  }

  /** Live members of one service, or of all. */
  async live(service: string | null = null): Promise<readonly Member[]> {
    type MemberRow = { id: string; service: string; info: Record<string, unknown>; started_at: number; lease_until: number };
    const rows = await this.database.run<MemberRow>(statement('live-members'), [service]);
    return rows.map((row) => ({
      id: row.id,
      service: row.service,
      info: row.info,
      startedAt: row.started_at,
      leaseUntil: row.lease_until,
    }));
  }

  /** Of the last hour, whether they still live or not. `leaseMs`: until the lease ends, by the database's clock; negative: it has ended. */
  async recent(): Promise<readonly (Omit<Member, 'startedAt' | 'leaseUntil'> & { readonly leaseMs: number })[]> {
    type MemberRow = { id: string; service: string; info: Record<string, unknown>; lease_ms: number };
    const rows = await this.database.run<MemberRow>(statement('doctor-members'), []);
    return rows.map(({ lease_ms: leaseMs, ...row }) => ({ ...row, leaseMs }));
  }

  /** True while `holder` leads in `role`; the lead falls free when it is not renewed in time. */
  async lead(role: string, holder: string, leaseMs: number): Promise<boolean> {
    const rows = await this.database.run(statement('take-lead'), [role, holder, leaseMs]);
    return rows.length > 0;
  }
}
