import type { Draft } from '../state/draft.js';
import type { TaskState } from '../state/task-state.js';

/** How long an `again` may be on its way before the watch looks. */
const AGAIN_OVERDUE_MS = 10_000;

/** There is more to start, or to look at, than one decision should: this row asks to be looked at again. */
export function comeBack(draft: Draft, owner: TaskState): void {
  const { node, at, fence } = owner;
  draft.put({ ...owner, watchAt: draft.now + AGAIN_OVERDUE_MS });
  draft.send({ kind: 'again', node, at, fence });
}
