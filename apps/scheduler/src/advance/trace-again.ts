import { spansOf, type TopologyNames } from '@reprise/contracts';
import { hasRunEnded } from '@reprise/core';
import type { EndedStore } from '@reprise/ledger';
import type { Tracing } from '@reprise/service';
import type { Advanced } from './advanced.js';

/** What a scheduler may have committed and not told before it died is not older, and not more. */
const LATELY_MS = 60 * 60_000;
const MOST_ROWS = 1_000;

/**
 * Makes the spans again of what has ended in a run lately: its scheduler may have died before it sent them. They have the same ids, so
 * what was sent is not told as something else.
 */
export async function traceAgain(
  tracing: Tracing,
  names: TopologyNames,
  { run: before, version, workflow, now, decision }: Advanced,
  store: Pick<EndedStore, 'find'>,
): Promise<void> {
  const run = decision.run ?? before;
  if (run.origin.trace?.sampled !== true) return;
  // What had ended before the run was taken up again hung under another span of it.
  const since = Math.max(now - LATELY_MS, run.progress.reopenedAt ?? 0);
  const { tasks, attempts } = await store.find(run.id, since, MOST_ROWS);
  const facts = tasks.map(({ node }) => ({ kind: 'attempt', node, outcome: 'succeeded', fromLedger: false }) as const);
  const messages = hasRunEnded(run.status) ? [{ kind: 'announce', status: run.status } as const] : [];
  tracing.record(spansOf(names, { run, version, workflow, now: since }, { tasks, attempts, facts, messages }));
}
