import type { Decided } from '../decision-messages.js';
import type { SpanAttributes } from './span-record.js';

/** What every span of a run has. */
export function spanOf({ run }: Decided) {
  const { id = '', state } = run.origin.trace ?? {};
  return { traceId: id, ...(state === undefined ? {} : { state }), kind: 'internal', events: [], links: [] } as const;
}

export const aboutRun = ({ run, workflow }: Decided): SpanAttributes => ({
  'reprise.run.id': run.id,
  'reprise.workflow': workflow.name,
  'reprise.workflow.version': workflow.version ?? undefined,
});
