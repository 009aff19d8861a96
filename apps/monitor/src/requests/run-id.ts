import { isUuid, type RunId, runId } from '@reprise/core';
import { ProblemError } from '@reprise/service';

/** What is no id at all is nobody's id. */
export function idOf(text: string): RunId {
  const id = text.toLowerCase();
  if (!isUuid(id)) throw noRun(text);
  return runId(id);
}

export const notFound = (what: string, code = 'not_found'): ProblemError =>
  new ProblemError({ status: 404, code, detail: `There is no ${what}.` });

export const noRun = (id: string): ProblemError => notFound(`run ${id.slice(0, 100)}`, 'run_not_found');
