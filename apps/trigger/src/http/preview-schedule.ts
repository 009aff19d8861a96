import type { ScheduleInstant } from '@reprise/contracts';
import { parseDocument } from '@reprise/core';
import { ProblemError } from '@reprise/service';
import { showInstants } from '../schedules/show-schedule.js';

/** The instants of a schedule that is not registered: what stands below `schedule:` in a document. @throws ProblemError */
export function previewSchedule(given: unknown, from: number, count: number): readonly ScheduleInstant[] {
  const fields = typeof given === 'object' && given !== null && !Array.isArray(given) ? { id: 'preview', ...given } : given;
  const document = { workflow: 'preview', on: [{ schedule: fields }], tasks: { nothing: { transform: null } } };
  const parsed = parseDocument(JSON.stringify(document));
  const trigger = parsed.kind === 'ok' ? parsed.workflow.triggers[0] : undefined;
  if (trigger?.kind === 'schedule') return showInstants('preview/preview', trigger, from, count);
  const problems = parsed.kind === 'bad' ? parsed.problems : [];
  const errors = problems.map(({ path, message, hint }) => ({
    path: path.replace(/^on\[0\]\.schedule\.?/, ''),
    message,
    ...(hint === null ? {} : { hint }),
  }));
  throw new ProblemError({ status: 422, code: 'invalid_schedule', detail: errors[0]?.message ?? 'this is no schedule', errors });
}
