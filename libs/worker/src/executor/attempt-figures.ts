import type { Claimed } from '@reprise/ledger';
import type { Metrics } from '@reprise/service';
import { CallPaces } from './call-paces.js';
import type { SlotPool } from './slot-pool.js';

/** Where a ticket came from. */
export interface Source {
  readonly queue: string;
  /** Of the lane. */
  readonly key: string;
}

/** What an executor measures of its attempts: for Prometheus, and for what it says of itself. */
export class AttemptFigures {
  readonly paces = new CallPaces();
  /** By lane: when the newest attempt that was claimed from it had been queued. */
  readonly readUntil = new Map<string, number>();

  constructor(private readonly metrics: Metrics) {}

  /** As of the scrape, not of the last heartbeat. */
  showSlots(slots: SlotPool): void {
    const { metrics } = this;
    metrics.onScrape(() => {
      metrics.gauge('reprise_executor_slots', { state: 'busy' }).set(slots.taken);
      metrics.gauge('reprise_executor_slots', { state: 'free' }).set(slots.size - slots.taken);
    });
  }

  claimed({ queue, key }: Source, claimed: Claimed): void {
    this.readUntil.set(key, Math.max(this.readUntil.get(key) ?? 0, claimed.queuedAt));
    const waited = Math.max(0, claimed.startedAt - claimed.queuedAt) / 1_000;
    this.metrics.histogram('reprise_queue_wait_seconds', { queue }).observe(waited);
  }

  /** What the ledger has answered ran no handler, and would make handlers look faster than they are. */
  ran(call: string, isOwned: boolean, tookMs: number): void {
    if (!isOwned) return;
    this.paces.observe(call, tookMs);
    this.metrics.histogram('reprise_attempt_duration_seconds', { call }).observe(tookMs / 1_000);
  }
}
