import type { Address } from '../../address.js';
import type { Fence } from '../../ids.js';
import type { TaskError } from './outcome.js';

/**
 * What is told of a task that is followed. `started`: a wait, a group, a child run, an approval or a list has begun and goes on; that an
 * attempt has, its executor tells. `retrying`: this attempt has failed or was lost, and another follows.
 */
export type TaskNews = 'started' | 'retrying' | 'succeeded' | 'failed' | 'parked' | 'skipped';

/** For those who follow the tasks of a run; a workflow asks for it. */
export interface TaskNewsMessage extends Address {
  readonly kind: 'task-news';
  readonly news: TaskNews;
  readonly fence: Fence;
  /** The attempt that it is about; 0: the task is never attempted. */
  readonly attempt: number;
  readonly executor: string | null;
  readonly error: TaskError | null;
  /** Epoch milliseconds. */
  readonly nextRetryAt: number | null;
}
