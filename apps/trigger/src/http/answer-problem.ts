import { ProblemError } from '@reprise/service';
import type { StartAnswer } from '../starts/start-request.js';
import { rerunProblem } from './rerun-problem.js';

/** Why a start was refused, as the sender reads it. */
export function answerProblem(workflow: string, answer: StartAnswer | undefined): ProblemError {
  switch (answer?.kind) {
    case 'unknown':
      return new ProblemError({ status: 404, code: 'workflow_not_found', detail: answer.reason });
    case 'archived':
      return new ProblemError({ status: 409, code: 'workflow_archived', detail: answer.reason });
    case 'invalid': {
      const errors = answer.problems.map(({ path, message }) => ({ path: path === '' ? 'input' : `input.${path}`, message }));
      return new ProblemError({
        status: 422,
        code: 'invalid_input',
        detail: `the input does not fit ${workflow}: ${errors[0]?.message}`,
        errors,
      });
    }
    case 'conflict':
      return new ProblemError({
        status: 422,
        code: 'idempotency_mismatch',
        detail: `this idempotency key started run ${answer.run} with another input, version or labels`,
        hint: 'use a new key for a new start, or send exactly what was sent before',
      });
    case 'no-run':
    case 'open-run':
    case 'compensated':
    case 'unknown-task':
      return rerunProblem(answer);
    case 'failed':
      return new ProblemError({ status: 500, code: 'internal', detail: `the ledger refuses this start: ${answer.reason}` });
    default:
      return new ProblemError({ status: 500, code: 'internal', detail: 'the start got no answer' });
  }
}
