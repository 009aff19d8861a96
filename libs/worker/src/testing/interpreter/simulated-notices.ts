import { type Address, type Fence, type Input, keyOf, type TaskKey } from '@reprise/core';
import type { Simulation } from './simulation.js';

export interface Told extends Address {
  readonly fence: Fence;
}

/** How long after it was told an instance that has not looked is told again. */
const OVERDUE_MS = 5_000;

/** Notices as the ledger keeps them: written by whoever tells, removed when the run looks, told again by the watch. */
export class SimulatedNotices {
  private readonly open = new Map<TaskKey, Told>();

  constructor(private readonly simulation: Simulation) {}

  /** Only the row: the message that makes it quick is the teller's to send. */
  write({ node, at, fence }: Told): void {
    this.open.set(keyOf(node, at), { node, at, fence });
    this.arm(keyOf(node, at));
  }

  has(node: number, at: string): boolean {
    return this.open.has(keyOf(node, at));
  }

  remove(inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (input.kind !== 'wake') continue;
      const told = this.open.get(keyOf(input.node, input.at));
      if (told !== undefined && told.fence <= input.fence) this.open.delete(keyOf(input.node, input.at));
    }
  }

  /** The watch has found one that nobody looked at in time. */
  ring(key: TaskKey): void {
    const told = this.open.get(key);
    if (told === undefined) return;
    this.arm(key);
    if (this.simulation.fates.report() !== 'lost') this.simulation.send({ kind: 'wake', ...told }, 1);
  }

  private arm(key: TaskKey): void {
    const { queue, now } = this.simulation;
    queue.push(now + OVERDUE_MS, { kind: 'told', key });
  }
}
