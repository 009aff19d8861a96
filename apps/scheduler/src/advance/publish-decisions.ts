import type { PublishOutgoing } from '@reprise/broker';
import type { Outgoing } from '@reprise/contracts';
import type { Message, RunId } from '@reprise/core';
import { faultPoint } from '@reprise/service';
import type { Advanced } from './advanced.js';

/** Tells what was committed, and remembers which ends of runs have been told, to be written with the next batch. */
export class PublishDecisions {
  private announced: RunId[] = [];

  constructor(private readonly publisher: Pick<PublishOutgoing, 'publish'>) {}

  async publish(advanced: readonly Advanced[]): Promise<void> {
    const outgoing = advanced.flatMap((each) => each.outgoing);
    let untold: ReadonlySet<Outgoing> = new Set();
    if (outgoing.length > 0) {
      await faultPoint('scheduler.before-publish');
      untold = new Set(await this.publisher.publish(outgoing));
    }
    const isTold = (message: Outgoing | undefined): boolean => message !== undefined && !untold.has(message);
    // One message a decision's message, in its order.
    for (const { decision, run, outgoing: messages } of advanced) {
      const ends = messages.filter((_, index) => tellsEnd(decision.messages[index]));
      if (ends.length > 0 && ends.every(isTold)) this.announced.push(run.id);
    }
    await faultPoint('scheduler.before-ack');
  }

  takeAnnounced(): readonly RunId[] {
    const taken = this.announced;
    this.announced = [];
    return taken;
  }

  /** They could not be written: they travel with the next batch. */
  keepAnnounced(ids: readonly RunId[]): void {
    this.announced.push(...ids);
  }

  get hasAnnounced(): boolean {
    return this.announced.length > 0;
  }
}

/** A run's end is told to the world, and to the task that waits for it. */
function tellsEnd(message: Message | undefined): boolean {
  if (message?.kind === 'tell-parent') return true;
  return message?.kind === 'announce' && ENDS.has(message.status);
}

const ENDS: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);
