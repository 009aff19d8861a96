import type { RunStatus } from '@reprise/core';
import type { RunAnswer } from '../starts/start-request.js';

/** How a run that was asked for began, or how far the one has come that its key stands for; null: that one has been deleted since. */
export const statusOf = (answer: Extract<RunAnswer, { kind: 'started' | 'exists' }>): RunStatus | null =>
  answer.kind === 'exists' ? answer.status : (answer.status ?? 'running');
