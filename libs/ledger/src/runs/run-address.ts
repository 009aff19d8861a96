import type { Address, RunId } from '@reprise/core';

export interface RunAddress extends Address {
  readonly run: RunId;
}
