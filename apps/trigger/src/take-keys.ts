import type { RunKey, StartStore } from '@reprise/ledger';
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
    const held = holder?.kind === 'held' ? holder : owner !== undefined && owner !== start && start.key !== null ? owner : null;
    if (held === null) verdicts.set(start, { kind: 'started', run: start.run });
    else verdicts.set(start, { kind: held.fingerprint === start.fingerprint ? 'exists' : 'conflict', run: held.run });
  }
  return { verdicts, started: starts.filter((start) => verdicts.get(start)?.kind === 'started') };
}

const keyOf = (start: PlannedStart): string => `${start.workflow.name}\n${start.key}`;
