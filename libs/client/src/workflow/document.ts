declare const RUN: unique symbol;

/** A workflow document: plain JSON, ready for `POST /v1/workflows`. Its types know what its runs take and give. */
export interface WorkflowDocument<Input = unknown, Output = unknown> {
  readonly workflow: string;
  readonly version?: string;
  readonly tasks: object;
  readonly [field: string]: unknown;
  readonly [RUN]?: { readonly input: Input; readonly output: Output };
}
