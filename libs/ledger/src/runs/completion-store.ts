import { type Json, NO_ORIGIN, type Origin, type RunId, type RunStatus, type TaskError, type VersionId } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** The end of a run that others follow. */
export interface Completion {
  readonly run: RunId;
  readonly workflow: string;
  /** null: the run is not there any more. */
  readonly version: VersionId | null;
  readonly status: RunStatus;
  /** Epoch milliseconds. */
  readonly endedAt: number;
  readonly output: Json;
  readonly error: TaskError | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: Origin;
  /** Of a probe; null of any other run. */
  readonly input: Json;
}

interface CompletionRow extends Record<string, unknown> {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly workflow: string;
  readonly ended_at: number;
  readonly output: string | null;
  readonly error: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
  readonly origin: string | null;
  readonly version: VersionId | null;
  readonly input: string | null;
}

/** Ends of runs that others follow: taken once, in the transaction that starts what follows. */
export class CompletionStore {
  constructor(private readonly session: Session) {}

  /** `run`: only its ends; null: those of all. */
  async take(count: number, run: RunId | null = null): Promise<readonly Completion[]> {
    const rows = await this.session.run<CompletionRow>(statement('take-completions'), [count, run]);
    return rows.map(completionOf);
  }
}

const parsed = <Value>(text: string | null, otherwise: Value): Value => (text === null ? otherwise : (JSON.parse(text) as Value));

const completionOf = ({
  id,
  status,
  workflow,
  version,
  ended_at,
  output,
  error,
  labels,
  origin,
  input,
}: CompletionRow): Completion => ({
  run: id,
  workflow,
  version,
  status,
  endedAt: ended_at,
  output: parsed<Json>(output, null),
  error: parsed<TaskError | null>(error, null),
  labels: labels ?? {},
  origin: parsed(origin, NO_ORIGIN),
  input: parsed<Json>(input, null),
});
