import type { TaskError } from '../state/outcome.js';

/** Why a person is asked: what is known of an attempt that may or may not have done its work. */
export function inDoubtError(path: string, attempt: number, cause: TaskError): TaskError {
  const { code, message } = cause;
  return {
    code: 'IN_DOUBT',
    message: `nobody knows whether attempt ${attempt} of ${path} has done its work: ${message}`,
    details: { attempt, cause: { code, message } },
  };
}
