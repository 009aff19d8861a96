import type { Json } from '../json.js';
import { compileWorkflow } from '../workflow/compile.js';
import type { Workflow } from '../workflow/workflow.js';
import { checkWorkflow } from './check-workflow.js';
import type { CallSite, ChildSite } from './tasks/checks.js';
import { DOCUMENT_LIMITS, type DocumentLimits } from './values/limits.js';
import { toJson } from './values/located.js';
import { type Problem, Report } from './values/problem.js';
import { readYaml } from './yaml/read-yaml.js';

export type ParsedDocument =
  | {
      readonly kind: 'ok';
      /** Plain JSON, as written: what is stored, and hashed as canonicalJson. */
      readonly document: Json;
      readonly workflow: Workflow;
      readonly warnings: readonly Problem[];
      /** Every call task's handler, for "no executor hosts it". */
      readonly calls: readonly CallSite[];
      /** Every workflow it starts as a child, for "not registered". */
      readonly children: readonly ChildSite[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/**
 * A workflow document in YAML or JSON. A bad one gives every problem at once, in the order of the text, at most `maxProblems`.
 * `now`, epoch milliseconds, lets it warn of schedules whose times have all passed.
 */
export function parseDocument(
  text: string,
  options: { readonly limits?: Partial<DocumentLimits>; readonly now?: number } = {},
): ParsedDocument {
  const limits = { ...DOCUMENT_LIMITS, ...options.limits };
  const report = new Report(text);
  const calls: CallSite[] = [];
  const children: ChildSite[] = [];
  const root = readYaml(text, limits, report);
  if (root !== null) checkWorkflow(root, { report, limits, calls, children, now: options.now ?? null, taskCount: 0 });
  if (root === null || !report.isClean) return { kind: 'bad', problems: report.listProblems(limits.maxProblems) };
  const document = toJson(root);
  const warnings = report.listWarnings(limits.maxProblems);
  return { kind: 'ok', document, workflow: compileWorkflow(document), warnings, calls, children };
}
