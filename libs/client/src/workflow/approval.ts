import type { Span } from './policy.js';
import type { JsonSchema } from './schema.js';
import type { From, Value } from './value.js';

type Names<Scope> = From<Scope, Value<readonly string[]> | Value<string>>;

/** People are asked. */
export interface Approval<Scope, Form> {
  /** What there is to decide. */
  readonly subject: From<Scope, Value<string>>;
  /** Who may decide; without it: anybody. */
  readonly assignees?: Names<Scope>;
  /** How many must approve; one rejection decides. */
  readonly required?: number;
  /** JSON Schema of what is filled in. */
  readonly form?: Form & JsonSchema;
  /** Who asks; without it: who started the run. */
  readonly requester?: From<Scope, Value<string>>;
  /** true: the requester may not approve. */
  readonly fourEyes?: boolean;
  readonly remind?: Span<Scope> | Reminder<Scope>;
  readonly escalate?: { readonly after: Span<Scope>; readonly to: Names<Scope> };
  /** `fail`: the task fails with TIMEOUT. */
  readonly expire?: Span<Scope> | { readonly after: Span<Scope>; readonly decision?: 'approved' | 'rejected' | 'fail' };
}

interface Reminder<Scope> {
  readonly after?: Span<Scope>;
  readonly every?: Span<Scope>;
  readonly maximum?: number;
}

/** A rejection is a success with this decision. */
export interface Decision<Form> {
  readonly decision: 'approved' | 'rejected';
  /** null: nobody has decided in time, `expire` did. */
  readonly by: string | null;
  readonly at: string;
  /** null: whoever decided has filled in nothing. */
  readonly form: Form | null;
  readonly comment: string | null;
  /** All who approved, in their order. */
  readonly approvals: readonly Approved<Form>[];
}

interface Approved<Form> {
  readonly by: string;
  readonly at: string;
  readonly form: Form | null;
  readonly comment: string | null;
}
