import { ProblemError } from '@reprise/service';

export const scheduleNotFound = (name: string): ProblemError =>
  new ProblemError({
    status: 404,
    code: 'schedule_not_found',
    detail: `there is no schedule ${name}`,
    hint: 'schedules are those of the current versions of workflows that are not archived; GET /v1/schedules lists them',
  });

export const backfillNotFound = (name: string, id: string): ProblemError =>
  new ProblemError({ status: 404, code: 'backfill_not_found', detail: `schedule ${name} has no backfill ${id.slice(0, 100)}` });

export const wrongState = (name: string, what: string, hint: string): ProblemError =>
  new ProblemError({ status: 409, code: 'wrong_state', detail: `schedule ${name} ${what}`, hint });

export const noBackfillOfPoll = (name: string): ProblemError =>
  wrongState(name, 'is a poll', 'it looks at what is now: trigger it to look at once');

export const notPast = (): ProblemError =>
  new ProblemError({
    status: 422,
    code: 'invalid_body',
    detail: 'to: lies in the future',
    hint: 'a backfill makes up for instants that have passed; those to come fire by themselves',
    errors: [{ path: 'to', message: 'lies in the future' }],
  });

export const tooManyInstants = (most: number): ProblemError =>
  new ProblemError({
    status: 422,
    code: 'too_many_instants',
    detail: `there are more than ${most} instants from then to then`,
    hint: 'backfill the range in parts',
  });

export const badCursor = (): ProblemError =>
  new ProblemError({
    status: 400,
    code: 'invalid_cursor',
    detail: 'The cursor is not one this list has given.',
    hint: 'Send the value of `next` unchanged, or none to begin at the start.',
  });
