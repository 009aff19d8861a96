import type { JsonText } from '../../json.js';
import type { TaskError } from '../state/outcome.js';

/** How an instance ended for good. */
export interface End {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly output: JsonText | null;
  readonly error: TaskError | null;
  /** A person has said so. */
  readonly byHand?: true;
}
