import { afterAll, describe, expect, test } from '@jest/globals';
import type { ApprovalView, HistoryFact, Page } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

await reprise.register(`
workflow: refund
tasks:
  ask:
    approval:
      subject: Refund \${{ input.amount }}?
      assignees: [anna, bob, carla]
      fourEyes: true
      form: { type: object, properties: { limit: { type: integer } } }
  pay:
    needs: [ask]
    if: tasks.ask.output.decision == 'approved'
    transform: { limit: "\${{ tasks.ask.output.form.limit }}", by: "\${{ tasks.ask.output.by }}" }
output: \${{ tasks.pay.output }}
`);
await reprise.register(`
workflow: patient
tasks:
  ask:
    approval:
      subject: Anybody there?
      assignees: [anna]
      remind: { every: "\${{ input.every }}", maximum: 2 }
      escalate: { after: 4s, to: [boss] }
      expire: "\${{ input.expire }}"
`);

const as = (name: string) => ({ 'reprise-actor': name });

/** What a run asks, once it does. */
const asked = (run: string): Promise<ApprovalView> =>
  eventually(async () => (await reprise.request<Page<ApprovalView>>('GET', `/v1/approvals?run=${run}`)).body.items[0] ?? false, {
    what: `run ${run} asks`,
  });

const say = (approval: ApprovalView, by: string, decision: string, more: object = {}) =>
  reprise.request('POST', `/v1/approvals/${approval.id}`, { decision, ...more }, as(by));

const factsOf = async (run: string): Promise<readonly HistoryFact[]> =>
  (await reprise.request<Page<HistoryFact>>('GET', `/v1/runs/${run}/history`)).body.items;

/** CloudEvents about approvals of a workflow, as they come, until the test ends. */
async function listening<Result>(workflow: string, work: (types: () => readonly string[]) => Promise<Result>): Promise<Result> {
  return reprise.broker.channel(async (channel) => {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, `${reprise.broker.prefix}.lifecycle`, `approval.*.${workflow}`);
    const ids = new Set<string>();
    await channel.consume(queue, (message) => message !== null && ids.add(JSON.parse(message.content.toString()).id), {
      noAck: true,
    });
    return work(() => [...ids].map((id) => id.replace(/^[^/]*\//, '')));
  });
}

describe('a run that asks people', () => {
  test('goes on with what they say, and its history tells who asked, who answered and what', async () => {
    const run = await reprise.startRun('refund', { amount: 500 }, as('carla'));
    const approval = await asked(run);
    expect(approval).toMatchObject({ subject: 'Refund 500?', state: 'open', requester: 'carla', task: 'ask' });
    expect(await reprise.taskIs(run, 'ask', ['waiting'])).toMatchObject({ kind: 'approval', dueAt: null });
    expect(await say(approval, 'carla', 'approved')).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
    expect(await say(approval, 'anna', 'approved', { form: { limit: 'x' } })).toMatchObject({ status: 422 });
    expect(await say(approval, 'anna', 'approved', { form: { limit: 300 } })).toMatchObject({
      status: 200,
      body: { state: 'decided' },
    });
    expect(await reprise.ended(run)).toMatchObject({ status: 'succeeded', output: { limit: 300, by: 'anna' } });
    expect(await say(approval, 'bob', 'rejected')).toMatchObject({ status: 409, body: { code: 'approval_ended' } });
    const facts = await factsOf(run);
    expect(facts.slice(0, 6).map(({ kind, by, task }) => [kind, by, task])).toEqual([
      ['run.started', 'carla', null],
      ['task.started', null, 'ask'],
      ['approval.requested', null, 'ask'],
      ['approval.answered', 'anna', 'ask'],
      ['approval.decided', 'anna', 'ask'],
      ['task.succeeded', null, 'ask'],
    ]);
  });

  test('is told of an answer although no scheduler was there to hear it', async () => {
    const run = await reprise.startRun('refund', { amount: 5 }, as('dora'));
    const approval = await asked(run);
    const scheduler = reprise.one('scheduler');
    await scheduler.stop();
    expect(await say(approval, 'bob', 'rejected')).toMatchObject({ status: 200 });
    // Its message is lost with the queue; what is left is the notice.
    await reprise.broker.channel(async (channel) => {
      for (let shard = 0; shard < 8; shard += 1) await channel.purgeQueue(reprise.broker.names.inboxQueue(shard));
    });
    await reprise.start('scheduler');
    expect(await reprise.ended(run)).toMatchObject({ status: 'succeeded', output: null });
  });

  test('and is cancelled asks no longer: an answer is 409, and the history says who cancelled', async () => {
    const run = await reprise.startRun('refund', { amount: 5 }, as('dora'));
    const approval = await asked(run);
    await reprise.request('POST', `/v1/runs/${run}/cancel`, {}, as('dora'));
    expect(await reprise.ended(run)).toMatchObject({ status: 'cancelled' });
    expect(await say(approval, 'anna', 'approved')).toMatchObject({ status: 409, body: { code: 'approval_ended' } });
    expect((await reprise.request('GET', `/v1/approvals/${approval.id}`)).body).toMatchObject({ state: 'closed' });
    expect((await factsOf(run)).at(-1)).toMatchObject({ kind: 'run.cancelled', by: 'dora' });
  });
});

test('people who say nothing are reminded, others are asked too, and in the end it is rejected; all of it is told', async () => {
  await listening('patient', async (told) => {
    const run = await reprise.startRun('patient', { every: '1s', expire: '9s' });
    const approval = await asked(run);
    expect(await reprise.ended(run)).toMatchObject({ status: 'succeeded' });
    const ask = (await reprise.request('GET', `/v1/runs/${run}/tasks/ask`)).body;
    expect(ask).toMatchObject({ status: 'succeeded', output: { decision: 'rejected', by: null, form: null, approvals: [] } });
    const after = (await reprise.request('GET', `/v1/approvals/${approval.id}`)).body;
    expect(after).toMatchObject({ state: 'expired', decision: 'rejected', decidedBy: null, assignees: ['anna', 'boss'] });
    const kinds = (await factsOf(run)).map(({ kind }) => kind).filter((kind) => kind.startsWith('approval.'));
    // A slow machine may come to both reminders at once: the last of them stands for both.
    expect(kinds.filter((kind, index) => kinds.indexOf(kind) === index)).toEqual([
      'approval.requested',
      'approval.reminded',
      'approval.escalated',
      'approval.expired',
    ]);
    await eventually(() => expect(told()).toEqual(expect.arrayContaining(['requested', 'reminded/2', 'escalated', 'expired'])), {
      what: 'all of it is told',
    });
  });
});

test('a name that is none is refused before anything else', async () => {
  expect(await reprise.request('GET', '/v1/approvals', undefined, as('an na'))).toMatchObject({
    status: 400,
    body: { code: 'invalid_actor' },
  });
});
