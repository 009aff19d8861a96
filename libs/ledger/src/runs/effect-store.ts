import type { ClaimId, EffectWrite, Fence, JsonText, OnInDoubt, RunId, TaskError } from '@reprise/core';
import type { Database } from '../connection/database.js';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { RunAddress } from './run-address.js';

export type EffectState = 'intended' | 'committed' | 'void' | 'in_doubt';

/** Who may write: the attempt that holds the task. */
export interface EffectHolder extends RunAddress {
  readonly fence: Fence;
  readonly claim: ClaimId;
}

export interface EffectIntent {
  readonly name: string;
  /** What the other system is given to recognise the request by. */
  readonly key: string;
  /** Of the request; null: nothing is compared. */
  readonly fingerprint: string | null;
  readonly policy: OnInDoubt;
  readonly attempt: number;
  /** It may happen although it is in doubt. */
  readonly again: boolean;
}

/** What is known of an effect before it is begun. `stale`: the claim is gone. `differs`: it was begun for another request. */
export type BegunEffect =
  | { readonly kind: 'begun' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'differs' }
  | { readonly kind: 'committed'; readonly result: JsonText }
  | { readonly kind: 'in-doubt'; readonly attempt: number; readonly begunAt: number; readonly error: TaskError | null };

export type EffectEnd =
  | { readonly state: 'committed'; readonly result: JsonText }
  | { readonly state: 'void' | 'in_doubt'; readonly error: TaskError };

interface BegunRow {
  readonly begun: boolean;
  readonly state: EffectState | null;
  readonly differs: boolean;
  readonly result: JsonText | null;
  readonly error: string | null;
  readonly attempt: number | null;
  readonly begun_at: number | null;
}

/** The executor's side of external effects: each statement a commit, each under the claim. Both may be sent again. */
export class EffectStore {
  constructor(private readonly database: Pick<Database, 'run'>) {}

  async begin({ run, node, at, fence, claim }: EffectHolder, intent: EffectIntent): Promise<BegunEffect> {
    const { name, key, fingerprint, policy, attempt, again } = intent;
    const values = [run, node, at, fence, claim, name, key, fingerprint, policy, attempt, again];
    const [row] = await this.database.run<BegunRow & Record<string, unknown>>(statement('begin-effect'), values);
    if (row === undefined) return { kind: 'stale' };
    if (row.begun) return { kind: 'begun' };
    if (row.differs) return { kind: 'differs' };
    if (row.state === 'committed') return { kind: 'committed', result: row.result ?? ('null' as JsonText) };
    const error = row.error === null ? null : (JSON.parse(row.error) as TaskError);
    return { kind: 'in-doubt', attempt: row.attempt ?? 0, begunAt: row.begun_at ?? 0, error };
  }

  /** False: the attempt has been replaced, nothing was written. */
  async end({ run, node, at, fence, claim }: EffectHolder, name: string, end: EffectEnd): Promise<boolean> {
    const result = end.state === 'committed' ? end.result : null;
    const error = end.state === 'committed' ? null : JSON.stringify(end.error);
    const values = [run, node, at, fence, claim, name, end.state, result, error];
    const rows = await this.database.run(statement('end-effect'), values);
    return rows.length > 0;
  }
}

/** The scheduler's side: what people have found out, in the transaction that acts on it. */
export class EffectFindings {
  constructor(private readonly session: Session) {}

  /** After the rows of the tasks: those of which nothing is open any more then say so. */
  async write(writes: readonly { readonly run: RunId; readonly write: EffectWrite }[]): Promise<void> {
    if (writes.length === 0) return;
    const found = writes.flatMap(({ run, write }) => write.findings.map((finding) => ({ run, write, finding })));
    if (found.length > 0) {
      await this.session.write(statement('settle-effects'), [
        ...keysOf(found),
        found.map(({ finding }) => finding.name),
        found.map(({ finding }) => finding.happened),
        found.map(({ finding }) => (finding.happened ? finding.result : null)),
        found.map(({ write }) => write.by),
      ]);
    }
    const others = writes.filter(({ write }) => write.othersNot);
    if (others.length > 0)
      await this.session.write(statement('void-effects'), [...keysOf(others), others.map(({ write }) => write.by)]);
    await this.session.write(statement('settle-guards'), keysOf(writes));
  }
}

const keysOf = (writes: readonly { readonly run: RunId; readonly write: EffectWrite }[]): readonly unknown[][] => [
  writes.map(({ run }) => run),
  writes.map(({ write }) => write.node),
  writes.map(({ write }) => write.at),
];
