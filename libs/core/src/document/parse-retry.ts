import type { PartialRetryPolicy } from '../retry/index.js';
import { readRetry } from '../workflow/compile-retry.js';
import { checkRetry } from './tasks/check-retry.js';
import { DOCUMENT_LIMITS } from './values/limits.js';
import { toJson } from './values/located.js';
import { type Problem, Report } from './values/problem.js';
import { readYaml } from './yaml/read-yaml.js';

export type ParsedRetry =
  | { readonly kind: 'ok'; readonly policy: PartialRetryPolicy }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/** A `retry` block by itself, in YAML or JSON: its fields, or `retry:` with them below. Checked as in a document. */
export function parseRetry(text: string): ParsedRetry {
  const report = new Report(text);
  const root = readYaml(text, DOCUMENT_LIMITS, report, 'for example `maximumAttempts: 5`');
  const [first, second] = root?.kind === 'map' ? root.entries : [];
  const block = first?.key === 'retry' && second === undefined ? first.value : root;
  if (block !== null) checkRetry(block, report);
  if (block === null || !report.isClean) return { kind: 'bad', problems: report.listProblems(DOCUMENT_LIMITS.maxProblems) };
  return { kind: 'ok', policy: readRetry(toJson(block)) };
}
