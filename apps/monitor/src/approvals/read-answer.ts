import type { Json } from '@reprise/core';
import type { NewAnswer } from '@reprise/ledger';
import { closestName, type ProblemDetail, ProblemError } from '@reprise/service';

const FIELDS = ['decision', 'form', 'comment'];
const MAX_COMMENT_LENGTH = 1_000;

/** The body of an answer: `{decision, form?, comment?}`. @throws ProblemError naming every field that is wrong */
export function readAnswer(body: unknown, by: string): NewAnswer {
  const fields = typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
  if (fields === null) throw invalid([{ message: 'the body must be an object: {"decision": "approved", "form": …}' }]);
  const { decision, form = null, comment = null } = fields;
  const errors: ProblemDetail[] = Object.keys(fields)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => ({ path: name, message: `unknown field "${name}"${meant(name)}` }));
  if (decision !== 'approved' && decision !== 'rejected')
    errors.push({ path: 'decision', message: 'decision must be "approved" or "rejected"' });
  if (comment !== null && !(typeof comment === 'string' && comment.length <= MAX_COMMENT_LENGTH))
    errors.push({
      path: 'comment',
      message: `comment must be text of at most ${MAX_COMMENT_LENGTH.toLocaleString('en')} characters`,
    });
  if (errors.length > 0 || (decision !== 'approved' && decision !== 'rejected')) throw invalid(errors);
  return { by, decision, form: form as Json, comment: typeof comment === 'string' ? storable(comment) : null };
}

/** Neither is text to a database. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');

function meant(name: string): string {
  const closest = closestName(name, FIELDS);
  return closest === null ? '' : `, did you mean "${closest}"?`;
}

const invalid = (errors: readonly ProblemDetail[]): ProblemError =>
  new ProblemError({ status: 422, code: 'invalid_answer', detail: errors.map(({ message }) => message).join('; '), errors });
