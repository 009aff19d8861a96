import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandLine } from '../test/command-line.js';
import { ID } from '../test/shapes.js';

const cli = new CommandLine();
const { asked, file, replies, reprise } = cli;
beforeAll(cli.start);
beforeEach(cli.reset);
afterAll(cli.end);

const approval = (over: Record<string, unknown> = {}) => ({
  id: ID,
  run: ID,
  workflow: 'refund',
  task: 'ask',
  subject: 'Refund 500 to Ada?',
  state: 'open',
  assignees: ['anna', 'bob'],
  required: 2,
  requester: 'carla',
  fourEyes: true,
  form: { type: 'object' },
  decision: null,
  decidedBy: null,
  requestedAt: '2030-01-01T00:00:00.000Z',
  expiresAt: '2030-01-03T00:00:00.000Z',
  endedAt: null,
  answers: [],
  ...over,
});
const anna = { by: 'anna', decision: 'approved', at: '2030-01-01T01:00:00.000Z', form: null, comment: 'fine' };

describe('approvals', () => {
  test('that are open are listed, unless others are asked for', async () => {
    const items = [
      approval({ answers: [anna] }),
      approval({ assignees: [], required: 1, state: 'expired', decision: 'rejected' }),
    ];
    replies.set('GET /v1/approvals', { status: 200, body: { items, next: 'more' } });
    const { code, out, err } = await reprise(['approval', 'list', '--assignee', 'anna', '--workflow', 'refund', '--limit', '2']);
    expect([code, asked[0]?.url]).toEqual([0, '/v1/approvals?state=open&assignee=anna&workflow=refund&limit=2']);
    expect(out).toMatch(/^ID +WORKFLOW +TASK +SUBJECT +WHO +STATE +AGE\n/);
    expect(out).toMatch(/refund +ask +Refund 500 to Ada\? +anna,bob +open 1\/2 /);
    expect(out).toMatch(/anybody +expired: rejected /);
    expect(err).toContain('There are more');
    await reprise(['approval', 'list', '--state', 'all', '--run', ID, '-o', 'json']);
    expect(asked[1]?.url).toBe(`/v1/approvals?run=${ID}`);
    expect((await reprise(['approval', 'list', '--state', 'new'])).code).toBe(2);
  });

  test('are shown with what people have said', async () => {
    replies.set(`GET /v1/approvals/${ID}`, { status: 200, body: approval({ answers: [anna] }) });
    const { out } = await reprise(['approval', 'show', ID]);
    expect(out).toContain('Subject:   Refund 500 to Ada?');
    expect(out).toContain('Asked by:  carla (who may not approve)');
    expect(out).toContain('Answers:   anna approved at 2030-01-01T01:00:00.000Z: fine');
    expect((await reprise(['approval', 'show', 'nobody'])).code).toBe(3);
  });

  test('are approved with a form and a comment, as whoever says so; an answer that does not decide says what is missing', async () => {
    replies.set(`POST /v1/approvals/${ID}`, { status: 200, body: approval({ answers: [anna] }) });
    const form = file('form.json', '{"limit": 5}');
    const { code, err } = await reprise(['approval', 'approve', ID, '--form', `@${form}`, '--comment', 'fine', '--as', 'anna']);
    expect([code, err]).toEqual([0, '1 of 2 have approved: it waits for more.\n']);
    expect(asked[0]).toMatchObject({ headers: { 'reprise-actor': 'anna' } });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ decision: 'approved', form: { limit: 5 }, comment: 'fine' });
    expect(await reprise(['approval', 'approve', ID, '--form', '{'])).toMatchObject({ code: 2 });
    expect(await reprise(['approval', 'approve', ID, '--as', 'a b'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--as'),
    });
  });

  test('are rejected with the token of who rejects', async () => {
    const decided = approval({ state: 'decided', decision: 'rejected', decidedBy: 'bob', endedAt: '2030-01-01T02:00:00.000Z' });
    replies.set(`POST /v1/approvals/${ID}`, { status: 200, body: decided });
    const { code, out } = await reprise(['approval', 'reject', ID, '--token', 'the-token-of-bob']);
    expect([code, asked[0]?.headers.authorization, JSON.parse(asked[0]?.body ?? '')]).toEqual([
      0,
      'Bearer the-token-of-bob',
      { decision: 'rejected' },
    ]);
    expect(asked[0]?.headers).not.toHaveProperty('reprise-actor');
    expect(out).toContain('State:     rejected');
  });

  test.each([
    [409, 5],
    [403, 4],
    [422, 2],
  ])('that are refused with %i end with %i', async (status, code) => {
    replies.set(`POST /v1/approvals/${ID}`, { status, body: { status, code: 'x', detail: 'bob has approved it' } });
    expect(await reprise(['approval', 'approve', ID])).toMatchObject({
      code,
      err: expect.stringContaining('bob has approved it'),
    });
  });
});
