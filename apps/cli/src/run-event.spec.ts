import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

describe('run event', () => {
  const path = `POST /v1/runs/${ID}/events`;
  const answer = (woken: number) => ({ status: 202, body: { id: 'e1', outcome: 'accepted', woken } });

  test('sends an event to one run and says how many waits it woke', async () => {
    replies.set(path, answer(1));
    const args = ['run', 'event', ID, 'order.paid', '--data', '{"total":5}', '--id', 'e1', '--source', 'shop', '--subject', 's'];
    const ran = await reprise(args);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/Woke: +1 wait\n/);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      type: 'order.paid',
      data: { total: 5 },
      id: 'e1',
      source: 'shop',
      subject: 's',
    });
  });

  test('says what becomes of one that nothing waits for', async () => {
    replies.set(path, answer(0));
    const ran = await reprise(['run', 'event', ID, 'order.paid']);
    expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('a wait that begins later will find the event') });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ type: 'order.paid' });
  });

  test('to a run that has ended → 5', async () => {
    replies.set(path, { status: 409, body: { status: 409, code: 'run_ended', detail: 'The run has ended already: it failed.' } });
    expect(await reprise(['run', 'event', ID, 'order.paid'])).toMatchObject({ code: 5 });
  });
});
