import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import * as amqp from 'amqplib';
import { Installation } from '../system/installation.js';
import { deathsOf, SHORT_LEASE } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

/** At least so many, and more until everybody has died as often as they are to. */
const ORDERS = 60;
/** Between two messages, so that the services have many batches to die in; beyond those orders more, while a service comes back. */
const PAUSE_MS = 100;
const BEYOND_PAUSE_MS = 500;
// The trigger has kept an event and left its notice, but told nobody. The scheduler has begun a wait, or has taken an event, but told nobody.
const triggerFaults = [2, 3, 4].map((hit) => `trigger.after-commit:kill@${hit}`);
const schedulerFaults = [2, 3].flatMap((hit) => [`scheduler.after-commit:kill@${hit}`, `scheduler.before-publish:kill@${hit}`]);

const reprise = await Installation.create({ lease: SHORT_LEASE });
afterAll(() => reprise.end(), END_WITHIN_MS);

interface Message {
  readonly key: string;
  readonly id: string;
  readonly body: object;
}

const deaths = () => [deathsOf(reprise.all('trigger')), deathsOf(reprise.all('scheduler'))];
const ALL = [triggerFaults.length, schedulerFaults.length];
const allDied = () => deaths().join() === ALL.join();

/** Answers of how many orders it has told. */
async function confirmed(messagesOf: (order: number) => readonly Message[]): Promise<number> {
  const model = await amqp.connect(reprise.broker.url);
  try {
    const channel = await model.createConfirmChannel();
    const until = performance.now() + PATIENCE_MS;
    for (let order = 0; ; order += 1) {
      if (order >= ORDERS && (allDied() || performance.now() > until)) return order;
      for (const { key, id, body } of messagesOf(order)) {
        channel.publish(reprise.broker.names.events, key, Buffer.from(JSON.stringify(body)), {
          persistent: true,
          messageId: id,
          appId: 'chaos',
        });
        await channel.waitForConfirms();
        await pause(order < ORDERS ? PAUSE_MS : BEYOND_PAUSE_MS);
      }
    }
  } finally {
    await model.close();
  }
}

test(
  'no wait misses its event and no event is emitted for nobody, whoever dies between a commit and its message',
  async () => {
    await Promise.all([
      reprise.startOne('trigger', { restart: true }).ready(),
      reprise.startOne('executor', { restart: true }).ready(),
      reprise.startOne('scheduler', { restart: true, faults: schedulerFaults }).ready(),
    ]);
    await reprise.startOne('monitor', { restart: true }).ready();
    await reprise.register({
      workflow: 'pay',
      tasks: [
        { id: 'paid', waitFor: { event: 'order.paid', match: 'event.data.order', key: 'input.order', window: '1h' } },
        { id: 'tell', emit: { type: 'order.shipped', data: { order: '${{ input.order }}' } } },
      ],
    });
    await reprise.register({
      workflow: 'log',
      on: [{ event: 'order.shipped', key: '${{ event.data.order }}' }],
      tasks: { a: { transform: 1 } },
    });
    // Registering came before the fault.
    await reprise.one('trigger').stop();
    await reprise.startOne('trigger', { restart: true, faults: triggerFaults }).ready();

    const orders = await confirmed((number) => {
      const order = `order-${number}`;
      const start = { key: 'run.start.pay', id: `start-${order}`, body: { order } };
      const paid = { key: 'order.paid', id: `paid-${order}`, body: { order } };
      return number % 2 === 0 ? [start, paid] : [paid, start];
    });
    expect(deaths()).toEqual(ALL);
    const count = async (workflow: string) => {
      const rows = await reprise.database.query<{ status: string; runs: number }>(
        'select status, count(*)::int as runs from reprise.run where workflow = $1 group by status',
        [workflow],
      );
      return rows;
    };
    const all = [{ status: 'succeeded', runs: orders }];
    await reprise.orTell(
      eventually(async () => JSON.stringify([await count('pay'), await count('log')]) === JSON.stringify([all, all]), {
        what: `${orders} runs of each workflow succeed`,
        timeoutMs: PATIENCE_MS,
      }),
    );
    const taken = await reprise.database.query<{ n: number }>('select count(*)::int as n from reprise.seen_event where taken');
    expect(taken).toEqual([{ n: orders }]);
    expect(await reprise.database.query('select * from reprise.subscription')).toEqual([]);
    expect(
      await reprise.database.query(
        `select distinct outcome from reprise.trigger_event where outcome not in ('accepted', 'unmatched')`,
      ),
    ).toEqual([]);
  },
  TEST_WITHIN_MS,
);
