import type { At } from '../../address.js';
import type { JsonText } from '../../json.js';

/** What a person has found out about an effect in doubt. */
export type EffectFinding =
  | { readonly name: string; readonly happened: true; readonly result: JsonText }
  | { readonly name: string; readonly happened: false };

/** What is known by now of the effects of an instance that were in doubt. */
export interface EffectWrite {
  readonly node: number;
  readonly at: At;
  readonly findings: readonly EffectFinding[];
  /** Those that are not named have not happened: they may be tried again. */
  readonly othersNot: boolean;
  readonly by: string | null;
}
