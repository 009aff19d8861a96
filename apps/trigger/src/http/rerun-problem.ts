import { closestName, ProblemError } from '@reprise/service';
import type { RerunRefusal } from '../starts/start-request.js';

/** Why a run is not started again, as whoever asked reads it. */
export function rerunProblem(refusal: RerunRefusal): ProblemError {
  switch (refusal.kind) {
    case 'no-run':
      return new ProblemError({ status: 404, code: 'run_not_found', detail: `There is no run ${refusal.run}.` });
    case 'open-run':
      return new ProblemError({
        status: 409,
        code: 'wrong_state',
        detail: `The run has not ended: it is ${refusal.status}.`,
        hint: `wait for its end, or cancel it first: POST /v1/runs/${refusal.run}/cancel`,
      });
    case 'compensated':
      return new ProblemError({
        status: 409,
        code: 'not_reusable',
        detail: 'What the run had done has been undone: there are no results to go on from.',
        hint: 'rerun it as a whole, without "from"',
      });
    case 'unknown-task': {
      const closest = closestName(refusal.from, refusal.known);
      const known = refusal.known.slice(0, MOST_NAMES).join(', ');
      const meant = closest === null ? `those at the top are: ${known}` : `did you mean "${closest}"?`;
      const message = `the workflow has no task "${refusal.from}" at its top; ${meant}`;
      return new ProblemError({ status: 422, code: 'unknown_task', detail: message, errors: [{ path: 'from', message }] });
    }
  }
}

const MOST_NAMES = 20;
