import { hasTaskEnded, type Input, type TaskKey } from '@reprise/core';
import type { Simulation } from './simulation.js';

/** How long until it looks again at what it has reported. */
const SCAN_MS = 1_000;

/** The watch: sees a row when its `watchAt` has come, not before, and reports it until it is no longer due. */
export class SimulatedWatch {
  private readonly watched = new Map<TaskKey | 'run', number>();

  constructor(private readonly simulation: Simulation) {}

  look(key: TaskKey | 'run', watchAt: number | null): void {
    if (watchAt === null) this.watched.delete(key);
    else if (this.watched.get(key) !== watchAt) {
      this.watched.set(key, watchAt);
      this.simulation.queue.push(Math.max(this.simulation.now, watchAt), { kind: 'watch', key, at: watchAt });
    }
  }

  ring(key: TaskKey | 'run', at: number): void {
    if (this.watched.get(key) !== at) return;
    this.watched.delete(key);
    const input = key === 'run' ? this.seeRun() : this.seeTask(key);
    if (input === null) return;
    this.look(key, this.simulation.now + SCAN_MS);
    if (this.simulation.fates.report() !== 'lost') this.simulation.send(input, 1);
  }

  private seeRun(): Input | null {
    const { ledger, now } = this.simulation;
    return ledger.run.watchAt === null || ledger.run.watchAt > now ? null : { kind: 'look' };
  }

  /** A claim leaves `watchAt` alone: a row whose lease is good is looked at again when that ends. */
  private seeTask(key: TaskKey): Input | null {
    const { ledger, now } = this.simulation;
    const task = ledger.tasks.get(key);
    if (task === undefined || hasTaskEnded(task.status) || task.watchAt === null || task.watchAt > now) return null;
    const { node, at, fence, leaseUntil, recorded } = task;
    if (leaseUntil === null || leaseUntil <= now || recorded !== null) return { kind: 'wake', node, at, fence };
    ledger.rearm(task, leaseUntil);
    this.look(key, leaseUntil);
    return null;
  }
}
