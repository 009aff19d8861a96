import type { RunCommand } from '@reprise/contracts';
import { hasRunEnded } from '@reprise/core';
import type { BatchRun, LockedBatch } from '@reprise/ledger';

/** What the monitor asks of a run itself; to start new ones is the trigger's. */
export const COMMANDS = ['cancel', 'retry', 'pause', 'resume'] as const;

export type CommandAction = (typeof COMMANDS)[number];

export const isCommand = (action: string): action is CommandAction => COMMANDS.some((each) => each === action);

/** What is asked of every run of a batch. */
export function commandOf(action: CommandAction, { reason, askedBy: by }: Pick<LockedBatch, 'reason' | 'askedBy'>): RunCommand {
  switch (action) {
    case 'cancel':
      return { kind: 'cancel', reason, by };
    case 'retry':
      return { kind: 'retry-run', by };
    case 'pause':
    case 'resume':
      return { kind: action, by };
  }
}

/** Why a run is left alone; null: it is not. What changes before its scheduler comes to it is the scheduler's to see. */
export function skipReason(action: CommandAction, run: BatchRun): string | null {
  switch (action) {
    case 'cancel':
      return hasRunEnded(run.status) ? 'ended' : null;
    case 'retry':
      if (run.status !== 'failed') return 'not_failed';
      if (run.compensated) return 'compensated';
      return run.awaited ? null : 'parent_went_on';
    case 'pause':
      return run.status === 'running' ? null : 'not_running';
    case 'resume':
      return run.status === 'paused' ? null : 'not_paused';
  }
}
