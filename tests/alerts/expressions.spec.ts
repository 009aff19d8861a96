import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import { comparedIn, recommended, shown, vectorsOf } from './expressions.js';
import { type Going, steadily } from './steadily.js';
import { Watched } from './watched.js';

/** Longer than all waits of a test together. */
const SUITE_MS = 900_000;

let reprise: Installation;
let watched: Watched;
let load: Going;

const RETRY = { maximumAttempts: 2, initialInterval: '100ms' };
const WORKFLOWS = [
  {
    workflow: 'good',
    on: [{ event: 'good.start' }],
    tasks: [{ id: 'work', call: 'stumble', with: { stumbles: true }, retry: RETRY }],
  },
  { workflow: 'bad', tasks: [{ id: 'work', call: 'flaky', with: { times: 1_000_000 }, retry: { maximumAttempts: 1 } }] },
  {
    workflow: 'odd',
    tasks: [{ id: 'work', call: 'flaky', with: { times: 1_000_000 }, retry: { maximumAttempts: 1, onExhausted: 'park' } }],
  },
  { workflow: 'regular', on: [{ schedule: { id: 'always', every: '1s' } }], tasks: [{ id: 'work', call: 'noop' }] },
];

/** One of everything that is measured: starts, events twice, retries, failures. */
async function once(count: number): Promise<void> {
  const event = { specversion: '1.0', type: 'good.start', source: '/test', id: `event-${count}`, data: {} };
  for (const _ of ['first', 'again']) {
    const answer = await reprise.request('POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' });
    if (answer.status >= 300) throw new Error(`no event: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  await reprise.startRun('bad');
}

beforeAll(async () => {
  reprise = await Installation.running();
  for (const workflow of WORKFLOWS) await reprise.register(workflow);
  await reprise.request('POST', '/v1/dependencies/bank/open', {});
  await reprise.startRun('odd');
  await reprise.broker.channel(async (channel) => {
    channel.publish(reprise.broker.names.events, 'run.start.nowhere', Buffer.from('{}'));
  });
  watched = await Watched.start(reprise);
  let count = 0;
  load = steadily(200, () => {
    count += 1;
    return once(count);
  });
}, SUITE_MS);
afterAll(async () => {
  await load?.stop();
  await watched?.end();
  await reprise?.end();
});

/** Those that Prometheus has no number for, once it has had time to see some. */
async function without(asked: readonly string[]): Promise<readonly string[]> {
  const open = new Set(asked);
  const all = async () => {
    for (const expr of open) if ((await watched.query(expr)).some(({ value }) => !Number.isNaN(value))) open.delete(expr);
    return open.size === 0;
  };
  await eventually(all, { what: 'every expression has a number', timeoutMs: 180_000 }).catch((error) => {
    if (open.size === 0) throw error;
  });
  return [...open];
}

test('every panel and every variable of the dashboards shows something', async () => {
  expect(shown().length).toBeGreaterThan(40);
  const empty = await without(shown().map(({ expr }) => expr));
  expect(shown().filter(({ expr }) => empty.includes(expr))).toEqual([]);
});

test('every query that a page recommends answers', async () => {
  expect(recommended().length).toBeGreaterThan(2);
  expect(await without(recommended())).toEqual([]);
});

test('every series that an alert or a recording rule reads is there, and every value that an alert compares', async () => {
  const rules = await watched.rules();
  expect(rules.length).toBeGreaterThan(25);
  const vectors = rules.flatMap(({ query }) => vectorsOf(query));
  const compared = rules.filter(({ type }) => type === 'alerting').flatMap(({ query }) => comparedIn(query));
  expect(vectors.length).toBeGreaterThan(40);
  expect(await without([...vectors, ...compared])).toEqual([]);
  const unhealthy = async () => (await watched.rules()).filter(({ health }) => health !== 'ok');
  await eventually(async () => expect(await unhealthy()).toEqual([]), { what: 'every rule to be evaluated' });
});
