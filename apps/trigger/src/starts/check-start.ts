import { checkInput, concurrencyKey, type InputProblem, type Json, toJsonText, type Workflow } from '@reprise/core';

export type CheckedStart =
  /** `slotKey`: what its workflow's `concurrency` counts it under; null: nothing does. */
  { readonly kind: 'ok'; readonly slotKey: string | null } | { readonly kind: 'bad'; readonly problems: readonly InputProblem[] };

/** What comes from outside is measured; what the ledger holds already, inputs of children and reruns, was when it came. */
export function checkNewStart(workflow: Workflow, input: Json, maxInputBytes: number): CheckedStart {
  const bytes = Buffer.byteLength(toJsonText(input));
  if (bytes <= maxInputBytes) return checkStart(workflow, input);
  const message = `it has ${bytes} bytes, more than ${maxInputBytes} (REPRISE_MAX_INPUT_BYTES)`;
  return { kind: 'bad', problems: [{ path: '', message }] };
}

/** Whether a run of this workflow can start with such an input. */
export function checkStart(workflow: Workflow, input: Json): CheckedStart {
  const problems = workflow.inputSchema === null ? [] : checkInput(workflow.inputSchema, input);
  if (problems.length > 0) return { kind: 'bad', problems };
  const key = concurrencyKey(workflow, input);
  if (key.kind === 'ok') return { kind: 'ok', slotKey: key.value };
  return { kind: 'bad', problems: [{ path: '', message: `concurrency.key: ${key.error.message}` }] };
}
