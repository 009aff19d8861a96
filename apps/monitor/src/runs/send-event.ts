import type { Publisher } from '@reprise/broker';
import { packInbox, type TopologyNames } from '@reprise/contracts';
import { type RunId, toJsonText } from '@reprise/core';
import type { EventStore, SendAnswer } from '@reprise/ledger';
import type { Clock } from '@reprise/service';
import type { SentEvent } from './read-sent-event.js';

/** Delivers an event to one run. The row is the event; the message only makes it quick, and the watch finds what no message told. */
export class SendEvent {
  constructor(
    private readonly parts: {
      readonly events: EventStore;
      readonly publisher: Publisher;
      readonly names: TopologyNames;
      readonly clock: Clock;
    },
  ) {}

  async send(run: RunId, { id: given, source, type, subject, data }: SentEvent): Promise<SendAnswer & { readonly id: string }> {
    const { events, publisher, names, clock } = this.parts;
    const id = given ?? clock.uuid();
    const time = new Date(clock.now()).toISOString();
    const answer = await events.send(run, { id, source, type, body: toJsonText({ id, source, type, subject, time, data }) });
    if (answer.kind === 'sent' || answer.kind === 'duplicate') {
      // Not awaited: while the broker is away this would hold the answer back for nothing.
      void publisher.publish(
        packInbox(
          names,
          answer.woken.map((notice) => ({ kind: 'wake', ...notice })),
        ),
      );
    }
    return { ...answer, id };
  }
}
