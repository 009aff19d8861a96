import { spansOf, type TopologyNames } from '@reprise/contracts';
import type { Logger, Tracing } from '@reprise/service';
import type { Advanced } from './advanced.js';

/** Committed decisions, as spans. Whatever goes wrong with them: what is committed is to be told. */
export function traceDecisions(tracing: Tracing, names: TopologyNames, advanced: readonly Advanced[], logger: Logger): void {
  for (const { run, version, workflow, now, decision } of advanced) {
    try {
      tracing.record(spansOf(names, { run: decision.run ?? run, version, workflow, now }, decision));
    } catch (error) {
      logger.error({ error, run: run.id }, 'what a decision has ended could not be told as spans');
    }
  }
}
