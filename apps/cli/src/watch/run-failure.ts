import type { AttemptView, RunView } from '@reprise/client';
import { errorText } from './task-tree.js';

/** Why a run has failed, with the task and its attempt: `charge, attempt 3 of 3: CARD_DECLINED: …`; null: it has no error. */
export function failureText(run: RunView): string | null {
  if (run.error === null) return null;
  const { task } = run.error;
  if (task === undefined) return errorText(run.error);
  const last = lastAttempt(run);
  return `${task}${last === null ? '' : `, attempt ${last.number}${limitText(last)}`}: ${errorText(run.error)}`;
}

/** What was decided when the attempt that failed the run had ended, and by which rule. */
export const decisionText = (run: RunView): string | null => lastAttempt(run)?.verdictText ?? null;

function lastAttempt({ error, tasks }: RunView): AttemptView | null {
  const task = tasks.find(({ path }) => path === error?.task);
  return task?.attempts.at(-1) ?? null;
}

/** The limit counts failures: where attempts were lost besides, the number is no `n of m`. */
function limitText({ number, verdict }: AttemptView): string {
  if (verdict?.reason !== 'failure' || verdict.limit === 0 || verdict.count !== number) return '';
  return ` of ${verdict.limit}`;
}
