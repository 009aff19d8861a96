import { ProblemError } from '@reprise/service';

/** What a path below `/v1/schedules` is about: a schedule, and what is wanted of it. */
export interface SchedulePath {
  readonly workflow: string;
  readonly schedule: string;
  /** `pause`, `backfills/ID/cancel`; empty: the schedule itself. */
  readonly rest: readonly string[];
}

/** A schedule is named `WORKFLOW/ID`: as two segments, or as one with the `/` encoded (`WORKFLOW%2FID`). @throws ProblemError */
export function readSchedulePath(url: string): SchedulePath {
  const [path = ''] = url.split('?', 1);
  const segments = path
    .replace(/^\/v1\/schedules\/?/, '')
    .split('/')
    .map(decoded);
  const [first = '', second, ...others] = segments;
  const at = first.indexOf('/');
  const [workflow, schedule, rest] =
    at < 0 ? [first, second, others] : [first.slice(0, at), first.slice(at + 1), segments.slice(1)];
  if (schedule !== undefined) return { workflow, schedule, rest };
  const detail = `${JSON.stringify(first.slice(0, 100))} does not name a schedule`;
  throw new ProblemError({ status: 404, code: 'schedule_not_found', detail, hint: 'a schedule is named WORKFLOW/ID' });
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ProblemError({
      status: 400,
      code: 'invalid_url',
      detail: `${JSON.stringify(segment.slice(0, 100))} cannot be decoded`,
    });
  }
}
