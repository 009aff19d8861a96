import type { Draft } from '../state/draft.js';
import type { End } from './end.js';

/** An ended run is announced until the announcement is confirmed; the watch sees to that. */
export const ANNOUNCE_OVERDUE_MS = 10_000;

export function endRun(draft: Draft, end: End): void {
  const { run, now } = draft;
  draft.run = {
    ...run,
    status: end.status,
    output: end.output,
    error: end.error,
    endedAt: now,
    dueAt: null,
    watchAt: now + ANNOUNCE_OVERDUE_MS,
    progress: run.progress.phase === null ? run.progress : { ...run.progress, phase: null },
  };
  announceEnd(draft);
  draft.facts.push({ kind: 'run-ended', status: end.status, durationMs: now - (run.startedAt ?? run.createdAt), endedAt: now });
}

/** The world, and the task that waits for this run. */
export function announceEnd(draft: Draft): void {
  const { status, origin } = draft.run;
  draft.send({ kind: 'announce', status });
  if (origin.parent !== null) draft.send({ kind: 'tell-parent', parent: origin.parent });
}
