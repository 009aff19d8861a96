import type { Logger } from '@reprise/service';
import type { BegunRun } from './begin-runs.js';
import type { PlannedStart, StartAnswer } from './start-request.js';

interface Committed {
  readonly answers: readonly StartAnswer[];
  readonly started: readonly PlannedStart[];
  readonly begun: readonly BegunRun[];
}

/** What has begun, one line each. Costs nothing unless somebody reads along at `debug`. */
export function logStarts(logger: Logger, { answers, started, begun }: Committed): void {
  if (!logger.enabled('debug')) return;
  for (const answer of answers) {
    if (answer.kind === 'event') logger.debug({ event: answer.id, results: answer.results.length }, `event ${answer.outcome}`);
    else if (answer.kind === 'exists') logger.debug({ run: answer.run }, 'a start was known by its key');
  }
  for (const [index, { run, workflow, version }] of begun.entries()) {
    const { trace, parent } = run.origin;
    const trigger = started[index]?.trigger;
    const more = { ...(trace === undefined ? {} : { traceId: trace.id }), ...(parent === null ? {} : { parent: parent.run }) };
    logger.debug({ run: run.id, workflow: workflow.name, version, trigger, ...more }, `run ${run.status}`);
  }
}
