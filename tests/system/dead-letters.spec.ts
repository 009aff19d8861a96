import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeadLetterView, Page, RunSummary } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

let reprise: Installation;
beforeAll(async () => {
  reprise = await Installation.running();
});
afterAll(() => reprise.end());

const letters = async (state = 'open'): Promise<readonly DeadLetterView[]> =>
  (await reprise.request<Page<DeadLetterView>>('GET', `/v1/dead-letters?state=${state}`)).body.items;
const settle = (id: string, verb: 'redrive' | 'discard', body?: unknown) =>
  reprise.request('POST', `/v1/dead-letters/${id}/${verb}`, body);
const runs = async () => (await reprise.request<Page<RunSummary>>('GET', '/v1/runs?workflow=late')).body.items;

async function oneOpen(): Promise<DeadLetterView> {
  const [letter] = await eventually(async () => (await letters()).length > 0 && (await letters()), { what: 'a dead letter' });
  if (letter === undefined) throw new Error('no letter');
  return letter;
}

test('a start that nobody could make is made once its cause is gone: redriven, even sent twice, it is one run', async () => {
  await reprise.broker.channel(async (channel) => {
    channel.publish(reprise.broker.names.events, 'run.start.late', Buffer.from('{"a":1}'));
  });
  const first = await oneOpen();
  expect(first.reason).toContain('late');
  expect((await settle(first.id, 'redrive')).status).toBe(200);
  const again = await eventually(async () => (await letters()).find(({ redriveOf }) => redriveOf === first.id) ?? false, {
    what: 'it to fail again, as nothing has changed',
  });
  await reprise.register({ workflow: 'late', tasks: [{ id: 'work', call: 'noop' }] });
  expect((await settle(again.id, 'redrive')).body).toMatchObject({ state: 'redriven', redrives: 1 });
  const [run] = await eventually(async () => (await runs()).length > 0 && (await runs()), { what: 'the run' });
  expect(await reprise.ended(run?.id ?? '')).toMatchObject({ status: 'succeeded', input: { a: 1 } });
  // As a monitor leaves it that dies after the broker has the message.
  await reprise.database.query(
    `update reprise.dead_letter set state = 'redriving', settled_at = null, look_at = now() where id = $1`,
    [again.id],
  );
  await eventually(async () => (await letters('redriving')).length === 0, { what: 'the monitor to send it again' });
  await reprise.broker.channel(async (channel) => {
    channel.publish(reprise.broker.names.events, 'run.start.late', Buffer.from('{"a":2}'), { messageId: 'after' });
  });
  await eventually(async () => (await runs()).some(({ key }) => key === 'after'), {
    what: 'what came after it',
  });
  expect(await runs()).toHaveLength(2);
});

test('one that is discarded is not sent, and says by whom and why', async () => {
  await reprise.broker.channel(async (channel) => {
    channel.publish(reprise.broker.names.events, 'order.placed', Buffer.from('no JSON'));
  });
  const { id } = await oneOpen();
  expect((await settle(id, 'discard', { reason: 'a test' })).body).toMatchObject({ state: 'discarded', discardReason: 'a test' });
  expect(await settle(id, 'redrive')).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
  expect(await settle(id, 'discard')).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
  expect(await letters()).toEqual([]);
  expect((await settle('nothing', 'redrive')).status).toBe(404);
});
