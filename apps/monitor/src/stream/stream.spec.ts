import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BrokerConnection, Publisher } from '@reprise/broker';
import { type RunningService, silentLogger } from '@reprise/service';
import { eventually, registerWorkflow, startRuns, TestBroker, TestDatabase } from '@reprise/testing';
import { monitorOn } from '../../test/monitor-on.js';

const broker = new TestBroker();
let db: TestDatabase;
let monitor: RunningService;
let connection: BrokerConnection;
let publisher: Publisher;
let isClosed = false;

beforeAll(async () => {
  db = await TestDatabase.create();
  monitor = await monitorOn(db, broker);
  const topology = { prefix: broker.prefix, queueType: 'classic', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  publisher = new Publisher(connection, { logger: silentLogger });
});
afterAll(async () => {
  if (!isClosed) await monitor.close();
  await publisher.close();
  await connection.close();
  await broker.end();
  await db.end();
});

/** As a scheduler announces it. */
async function announce(run: string, status: string): Promise<void> {
  const event = { type: `run.${status}`, data: { run, workflow: 'ship', status } };
  const body = JSON.stringify(event);
  const told = await publisher.publish([{ exchange: broker.names.lifecycle, routingKey: `run.${status}.ship`, body }]);
  expect(told).toEqual([{ kind: 'confirmed' }]);
}

async function follow(query: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${monitor.url}/v1/stream${query}`, { headers });
  const heard = { status: answer.status, text: '', isOver: false };
  const type = answer.headers.get('content-type');
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) heard.text += decoder.decode(chunk as Uint8Array, { stream: true });
    heard.isOver = true;
  })();
  const sees = (text: string) => eventually(() => heard.text.includes(text), { what: `"${text}" in the stream` });
  return { heard, type, sees, reading };
}

test('what schedulers announce reaches those who ask for it; who comes back gets what it has missed; a stop ends it cleanly', async () => {
  const workflow = await registerWorkflow(db.database, 'workflow: ship\ntasks: { a: { call: shop.pay } }');
  const [one, other] = await startRuns(db.database, workflow, [{}, {}]);
  if (one === undefined || other === undefined) throw new Error('no runs');
  const all = await follow('');
  expect([all.heard.status, all.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const own = await follow(`?run=${one.run}`);
  await own.sees('event: snapshot');
  expect(own.heard.text).toContain(`"id":"${one.run}"`);
  await announce(other.run, 'paused');
  await announce(one.run, 'succeeded');
  await all.sees('event: run.succeeded');
  await own.sees('event: run.succeeded');
  expect(own.heard.text).not.toContain('run.paused');
  const [, firstId = ''] = /^id: (.*)\nevent: run\.paused$/m.exec(all.heard.text) ?? [];
  const back = await follow('', { 'last-event-id': firstId });
  await back.sees('event: run.succeeded');
  expect(back.heard.text).not.toContain('run.paused');
  const stranger = await follow('', { 'last-event-id': 'another-7' });
  await stranger.sees('event: lagged');
  isClosed = true;
  expect((await monitor.close()).clean).toBe(true);
  await Promise.all([all.reading, own.reading, back.reading, stranger.reading]);
  expect([all, own, back, stranger].every(({ heard }) => heard.isOver)).toBe(true);
});
