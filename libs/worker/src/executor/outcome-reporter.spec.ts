import { describe, expect, jest, test } from '@jest/globals';
import type { OutgoingMessage, PublishOutcome } from '@reprise/broker';
import { decodeInbox, type InboxItem, names, SHARDS, shardOf } from '@reprise/contracts';
import { claimId, fence, runId, toJsonText } from '@reprise/core';
import { systemClock } from '@reprise/service';
import fc from 'fast-check';
import { newTicket } from '../../test/attempts.js';
import { OutcomeReporter, type ReporterPort } from './outcome-reporter.js';

function outcome(output: unknown = 1, run = runId(systemClock.uuidv7())): InboxItem {
  const { version, node, at } = newTicket();
  const claim = claimId(systemClock.uuid());
  return {
    kind: 'outcome',
    run,
    version,
    node,
    at,
    fence: fence(2),
    claim,
    outcome: { kind: 'succeeded', output: toJsonText(output) },
  };
}

/** Confirms what it is told to confirm. */
class ScriptedPublisher implements ReporterPort {
  readonly sent: (readonly OutgoingMessage[])[] = [];
  private pending: Promise<void> = Promise.resolve();

  constructor(private readonly fate: (call: number, index: number) => PublishOutcome['kind'] = () => 'confirmed') {}

  /** Confirms come when this is called. */
  holdBack(): () => void {
    let go: () => void = () => undefined;
    this.pending = new Promise((resolve) => {
      go = resolve;
    });
    return () => go();
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    const call = this.sent.push(messages);
    await this.pending;
    return messages.map((_, index) => ({ kind: this.fate(call, index) }) as PublishOutcome);
  }

  get items(): readonly InboxItem[] {
    return this.sent.flat().flatMap((message) => itemsOf(message));
  }
}

function itemsOf(message: OutgoingMessage | undefined): readonly InboxItem[] {
  const decoded = decodeInbox(Buffer.from(message?.body ?? ''));
  if (decoded.kind === 'bad') throw new Error(decoded.reason);
  return decoded.value;
}

const topology = names('test');

describe('outcomes', () => {
  test('of one turn travel together, at most 100 in a message, each message for one shard', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), async (count) => {
        const publisher = new ScriptedPublisher();
        const reporter = new OutcomeReporter(topology, publisher);
        const items = Array.from({ length: count }, () => outcome());
        for (const item of items) reporter.report(item);
        await reporter.drain();
        expect(publisher.sent.length).toBe(1);
        for (const message of publisher.sent[0] ?? []) {
          const packed = itemsOf(message);
          expect(packed.length).toBeLessThanOrEqual(100);
          expect(message.exchange).toBe(topology.inbox);
          expect(new Set(packed.map((item) => String(shardOf(item.run))))).toEqual(new Set([message.routingKey]));
        }
        expect(publisher.sent[0]?.length).toBeLessThanOrEqual(SHARDS + Math.ceil(count / 100));
        expect(new Set(publisher.items.map((item) => item.run))).toEqual(new Set(items.map((item) => item.run)));
      }),
      { numRuns: 20 },
    );
  });

  test('with large outputs are spread over messages that a broker takes', async () => {
    const publisher = new ScriptedPublisher();
    const reporter = new OutcomeReporter(topology, publisher);
    const run = runId(systemClock.uuidv7());
    for (let each = 0; each < 40; each += 1) reporter.report(outcome('x'.repeat(200_000), run));
    reporter.report(outcome('x'.repeat(3_000_000), run));
    await reporter.drain();
    const sizes = publisher.sent.flat().map(({ body }) => body.length);
    expect(sizes.filter((size) => size > 1_300_000).length).toBe(1);
    expect(publisher.items.length).toBe(41);
  });

  test('that come while the last batch is being confirmed travel together in the next one', async () => {
    const publisher = new ScriptedPublisher();
    const reporter = new OutcomeReporter(topology, publisher);
    const confirm = publisher.holdBack();
    const run = runId(systemClock.uuidv7());
    reporter.report(outcome(1, run));
    await new Promise((resolve) => setImmediate(resolve));
    reporter.report(outcome(2, run));
    await new Promise((resolve) => setImmediate(resolve));
    reporter.report(outcome(3, run));
    confirm();
    await reporter.drain();
    expect(publisher.sent.map((messages) => messages.map((message) => itemsOf(message).length))).toEqual([[1], [2]]);
  });

  test.each(['failed', 'returned'] as const)('whose message is %s are sent again, and only those', async (fate) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const publisher = new ScriptedPublisher((call, index) => (call === 1 && index === 0 ? fate : 'confirmed'));
      const reporter = new OutcomeReporter(topology, publisher);
      const items = ['00000000', '00000001'].map((tail) => outcome(1, runId(`${systemClock.uuidv7().slice(0, 28)}${tail}`)));
      for (const item of items) reporter.report(item);
      await jest.advanceTimersByTimeAsync(0);
      await new Promise((resolve) => setImmediate(resolve));
      expect(publisher.sent.length).toBe(1);
      await jest.advanceTimersByTimeAsync(500);
      await reporter.drain();
      expect(publisher.sent.map((messages) => messages.flatMap(itemsOf).map((item) => item.run))).toEqual([
        items.map((item) => item.run),
        [items[0]?.run],
      ]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('are given up by drain after one more try: the ledger has them', async () => {
    const publisher = new ScriptedPublisher(() => 'failed');
    const reporter = new OutcomeReporter(topology, publisher);
    reporter.report(outcome());
    await reporter.drain();
    expect(publisher.sent.length).toBe(1);
    await reporter.drain();
  });

  test('go on being told after telling has failed in a way nobody foresaw', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const publisher = new ScriptedPublisher((call) => {
        if (call === 1) throw new Error('unforeseen');
        return 'confirmed';
      });
      const reporter = new OutcomeReporter(topology, publisher);
      reporter.report(outcome());
      await new Promise((resolve) => setImmediate(resolve));
      await jest.advanceTimersByTimeAsync(500);
      await reporter.drain();
      expect(publisher.items.length).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });
});
