import type { RunId, RunStatus } from '@reprise/core';
import type { HeldKey, RunKey, StartStore } from '@reprise/ledger';
import type { PlannedStart, RunAnswer } from './start-request.js';

export interface Winners {
  readonly verdicts: Map<PlannedStart, RunAnswer>;
  readonly started: readonly PlannedStart[];
}

/** Business keys decide which of the starts become runs, also within the batch. */
export async function takeKeys(store: StartStore, starts: readonly PlannedStart[], retentionMs: number): Promise<Winners> {
  const first = new Map<string, PlannedStart>();
  for (const start of starts) if (start.key !== null && !first.has(keyOf(start))) first.set(keyOf(start), start);
  const keys = [...first.values()].map(
    (start): RunKey => ({
      workflow: start.workflow.name,
      key: start.key ?? '',
      fingerprint: start.fingerprint,
      run: start.run,
    }),
  );
  const holders = await store.takeKeys(keys, retentionMs);
  const verdicts = new Map<PlannedStart, RunAnswer>();
  const holderOf = new Map([...first.keys()].map((key, index) => [key, holders[index]]));
  for (const start of starts) {
    const owner = first.get(keyOf(start));
    const holder = start.key === null ? undefined : holderOf.get(keyOf(start));
    const twin = owner !== undefined && owner !== start && start.key !== null ? { ...owner, status: null } : null;
    const held = holder?.kind === 'held' ? holder : twin;
    verdicts.set(start, held === null ? { kind: 'started', run: start.run } : verdictOf(held, start.fingerprint));
  }
  return { verdicts, started: starts.filter((start) => verdicts.get(start)?.kind === 'started') };
}

/** What a start is told whose key another one has. */
export const verdictOf = (held: Pick<HeldKey, 'run' | 'fingerprint' | 'status'>, fingerprint: string): RunAnswer =>
  held.fingerprint === fingerprint ? { kind: 'exists', run: held.run, status: held.status } : { kind: 'conflict', run: held.run };

/** How the runs of this batch began: to those that wanted them, and to those that found them by their key. */
export function tellStatuses(verdicts: Map<PlannedStart, RunAnswer>, began: ReadonlyMap<RunId, RunStatus>): void {
  for (const [start, verdict] of verdicts) {
    if (verdict.kind !== 'started' && verdict.kind !== 'exists') continue;
    const status = began.get(verdict.run);
    if (status !== undefined) verdicts.set(start, { ...verdict, status });
  }
}

const keyOf = (start: PlannedStart): string => `${start.workflow.name}\n${start.key}`;
