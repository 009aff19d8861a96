import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeInbox, shardOf } from '@reprise/contracts';
import { NO_ORIGIN, parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { StartStore, WorkflowStore } from '@reprise/ledger';
import { type RunningService, systemClock } from '@reprise/service';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { monitorOn } from '../../test/monitor-on.js';

const DOCUMENT = `
workflow: refund
tasks:
  ask:
    approval:
      subject: Refund \${{ input.amount }}?
      assignees: \${{ input.who }}
      required: \${{ 1 }}
      form: { type: object, properties: { limit: { type: integer } } }
      fourEyes: true
      expire: 2d
`.replace('required: ${{ 1 }}', 'required: 1');
const documents = { one: DOCUMENT, two: DOCUMENT.replace('required: 1', 'required: 2') };
const TOKENS = { anna: 'token-of-anna-0001', bob: 'token-of-bob-00002', carla: 'token-of-carla-003', dora: 'token-of-dora-0004' };
type Person = keyof typeof TOKENS;

let db: TestDatabase;
const broker = new TestBroker();
/** Two, which share the database. */
let monitors: readonly [RunningService, RunningService];
let version: VersionId;

/** A run whose only task asks, started by carla; its approval. */
async function ask(required: keyof typeof documents = 'one', who: readonly string[] = ['anna', 'bob', 'carla']) {
  const parsed = parseDocument(documents[required]);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  const { workflow } = parsed;
  const id = runId(systemClock.uuidv7());
  const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
  const request = { id, input: toJsonText({ amount: 500, who }), labels: {}, origin: { ...NO_ORIGIN, startedBy: 'carla' } };
  const now = Date.now();
  const decision = startRun(workflow, request, { now, units: [], limits });
  const { run, tasks, attempts } = decision;
  const approvals = decision.approvals.map((write) => ({ run: id, version, workflow, now, write }));
  await db.database.transaction((session) =>
    new StartStore(session).insertRuns([
      { run, version, workflow: 'refund', trigger: 'api', key: null, tasks, attempts, approvals },
    ]),
  );
  const list = await http('anna', 'GET', `/v1/approvals?run=${id}`);
  return { run: id, approval: String(list.json['items'][0]?.['id']) };
}

async function http(person: Person | null, method: string, path: string, body?: unknown, monitor = 0) {
  const answer = await fetch(`${monitors[monitor]?.url}${path}`, {
    method,
    headers: {
      ...(person === null ? {} : { authorization: `Bearer ${TOKENS[person]}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, never> & { items: Record<string, unknown>[] } };
}

const say = (person: Person, approval: string, decision: string, more: Record<string, unknown> = {}, monitor = 0) =>
  http(person, 'POST', `/v1/approvals/${approval}`, { decision, ...more }, monitor);

function start(): Promise<RunningService> {
  const tokens = Object.entries(TOKENS).map(([name, token]) => `${name}=${token}`);
  return monitorOn(db, broker, { environment: { REPRISE_TOKENS: tokens.join(',') } });
}

beforeAll(async () => {
  db = await TestDatabase.create();
  version = versionId(systemClock.uuidv7());
  const parsed = parseDocument(documents.one);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  await new WorkflowStore(db.database).register(version, 'refund', null, parsed.document);
  monitors = [await start(), await start()];
});
afterAll(async () => {
  for (const monitor of monitors) expect((await monitor.close()).clean).toBe(true);
  await broker.end();
  await db.end();
});

/** What the run's inbox was told. */
async function told(run: RunId) {
  const bodies = await broker.take(`${broker.prefix}.inbox.${shardOf(run)}`);
  return bodies.flatMap((body) => {
    const decoded = decodeInbox(body);
    return decoded.kind === 'ok' ? decoded.value.filter((item) => item.run === run) : [];
  });
}

describe('an approval over HTTP', () => {
  test('is listed and shown with what there is to decide, who may, and its form', async () => {
    const { run, approval } = await ask();
    const shown = await http('anna', 'GET', `/v1/approvals/${approval}`);
    expect(shown).toMatchObject({
      status: 200,
      json: {
        id: approval,
        run,
        workflow: 'refund',
        task: 'ask',
        subject: 'Refund 500?',
        state: 'open',
        assignees: ['anna', 'bob', 'carla'],
        required: 1,
        requester: 'carla',
        fourEyes: true,
        form: { type: 'object' },
        decision: null,
        answers: [],
      },
    });
    expect(Date.parse(shown.json['expiresAt'] ?? '') - Date.parse(shown.json['requestedAt'] ?? '')).toBe(2 * 86_400_000);
    const mine = await http('anna', 'GET', '/v1/approvals?state=open&assignee=Anna&workflow=refund&limit=1');
    expect(mine).toMatchObject({ status: 200, json: { items: [{ id: approval }] } });
    for (const query of ['state=new', 'run=x', 'who=anna', 'limit=0']) {
      expect(await http('anna', 'GET', `/v1/approvals?${query}`)).toMatchObject({ status: 400, json: { code: 'invalid_query' } });
    }
    expect(await http('anna', 'GET', '/v1/approvals?cursor=x')).toMatchObject({ status: 400, json: { code: 'invalid_cursor' } });
  });

  test('is decided by whoever the token names; its run is told, and its history says who', async () => {
    const { run, approval } = await ask();
    const answer = await say('anna', approval, 'approved', { form: { limit: 5 }, comment: 'fine' });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        state: 'decided',
        decision: 'approved',
        decidedBy: 'anna',
        answers: [{ by: 'anna', form: { limit: 5 }, comment: 'fine' }],
      },
    });
    // Nobody acts on it here: who is slow to look is told again.
    const items = await eventually(async () => ((found) => found.length > 0 && found)(await told(run)), {
      what: 'the run is told',
    });
    for (const item of items) expect(item).toMatchObject({ kind: 'wake', node: 0, at: '', fence: 1, version });
    const history = await http('anna', 'GET', `/v1/runs/${run}/history`);
    expect(history.json.items.map(({ kind, by, task }) => [kind, by, task])).toEqual([
      ['run.started', 'carla', null],
      ['task.started', null, 'ask'],
      ['approval.requested', null, 'ask'],
      ['approval.answered', 'anna', 'ask'],
      ['approval.decided', 'anna', 'ask'],
    ]);
    expect(history.json.items[2]?.['detail']).toEqual({ approval, subject: 'Refund 500?' });
    expect(history.json.items[3]?.['detail']).toEqual({ approval, decision: 'approved', form: { limit: 5 }, comment: 'fine' });
    expect(history.json.items[4]?.['detail']).toEqual({ approval, decision: 'approved', comment: 'fine' });
  });

  test('that is decided is not decided again: 409 says by whom and when', async () => {
    const { approval } = await ask();
    const { json } = await say('anna', approval, 'rejected');
    expect(await say('bob', approval, 'approved')).toMatchObject({
      status: 409,
      json: {
        code: 'approval_ended',
        detail: `The approval has been decided already: anna has rejected it at ${json['endedAt']}.`,
      },
    });
  });

  test('asks as many as are required; nobody counts twice', async () => {
    const { approval } = await ask('two');
    expect(await say('anna', approval, 'approved')).toMatchObject({
      status: 200,
      json: { state: 'open', answers: [{ by: 'anna' }] },
    });
    expect(await say('anna', approval, 'approved')).toMatchObject({ status: 409, json: { code: 'answered_already' } });
    expect(await say('bob', approval, 'approved', {}, 1)).toMatchObject({
      status: 200,
      json: { state: 'decided', decidedBy: 'bob' },
    });
  });

  test('is refused to who may not: 403', async () => {
    const { approval } = await ask();
    expect(await say('dora', approval, 'approved')).toMatchObject({
      status: 403,
      json: { code: 'not_assigned', detail: 'dora may not decide this: anna, bob, carla may.' },
    });
    expect(await say('carla', approval, 'approved')).toMatchObject({ status: 403, json: { code: 'four_eyes' } });
    expect(await http(null, 'POST', `/v1/approvals/${approval}`, { decision: 'approved' })).toMatchObject({ status: 401 });
  });

  test('refuses what is wrong with an answer, all of it at once: 422', async () => {
    const { approval } = await ask();
    expect(await say('anna', approval, 'approved', { form: { limit: 'x' } })).toMatchObject({
      status: 422,
      json: { code: 'invalid_form', errors: [{ path: 'form.limit', message: 'must be integer, not string' }] },
    });
    expect(await say('anna', approval, 'approved', { form: 5 })).toMatchObject({
      status: 422,
      json: { errors: [{ path: 'form' }] },
    });
    expect(await say('anna', approval, 'yes', { comment: 5, fom: {} })).toMatchObject({
      status: 422,
      json: {
        code: 'invalid_answer',
        errors: [
          { path: 'fom', message: 'unknown field "fom", did you mean "form"?' },
          { path: 'decision', message: 'decision must be "approved" or "rejected"' },
          { path: 'comment' },
        ],
      },
    });
    for (const body of [[], 'approved', 5, null])
      expect(await http('anna', 'POST', `/v1/approvals/${approval}`, body)).toMatchObject({ status: 422 });
    expect(await http('anna', 'GET', `/v1/approvals/${approval}`)).toMatchObject({ json: { state: 'open', answers: [] } });
  });

  test.each(['nobody', '01920000-0000-7000-8000-000000000001'])('%s is none: 404', async (id) => {
    expect(await http('anna', 'GET', `/v1/approvals/${id}`)).toMatchObject({ status: 404, json: { code: 'approval_not_found' } });
    expect(await say('anna', id, 'approved')).toMatchObject({ status: 404, json: { code: 'approval_not_found' } });
  });
});

test('of two answers at the same moment, to two monitors, one is 200 and one is 409, 200 times over', async () => {
  for (let round = 0; round < 200; round += 1) {
    const { run, approval } = await ask();
    const answers = await Promise.all([say('anna', approval, 'approved', {}, 0), say('bob', approval, 'rejected', {}, 1)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const winner = answers[0].status === 200 ? 'anna' : 'bob';
    expect((await http('anna', 'GET', `/v1/approvals/${approval}`)).json).toMatchObject({ decidedBy: winner });
    expect(await db.query('select * from reprise.notice where run_id = $1', [run])).toHaveLength(1);
  }
});

test('what becomes of an approval is told as CloudEvents, again until the broker has it', async () => {
  await broker.channel(async (channel) => {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, `${broker.prefix}.lifecycle`, 'approval.*.refund');
    const events: { readonly id: string; readonly body: Record<string, never> }[] = [];
    await channel.consume(
      queue,
      (message) => {
        if (message !== null)
          events.push({ id: String(message.properties.messageId), body: JSON.parse(message.content.toString()) });
      },
      { noAck: true },
    );
    const { run, approval } = await ask();
    await say('anna', approval, 'rejected', { comment: 'no' });
    const about = () => events.filter(({ body }) => body['subject'] === approval);
    // At least once each: a teller that is slow to note it is not waited for.
    const times = (what: string) => about().filter(({ id }) => id === `${approval}/${what}`).length;
    await eventually(() => times('decided') > 0 && times('requested') > 0, { what: 'both are told' });
    const find = (what: string) => about().find(({ id }) => id === `${approval}/${what}`);
    const [decided, requested] = [find('decided'), find('requested')];
    expect(new Set(about().map(({ id }) => id)).size).toBe(2);
    expect(requested?.body).toMatchObject({
      specversion: '1.0',
      type: 'approval.requested',
      source: 'reprise/refund',
      data: {
        approval,
        run,
        workflow: 'refund',
        task: 'ask',
        subject: 'Refund 500?',
        assignees: ['anna', 'bob', 'carla'],
        requester: 'carla',
      },
    });
    expect(decided?.body).toMatchObject({
      type: 'approval.decided',
      data: { decision: 'rejected', by: 'anna', comment: 'no' },
    });
    const untold = 'select * from reprise.approval_event where approval_id = $1 and look_at is not null';
    await eventually(async () => expect(await db.query(untold, [approval])).toEqual([]), { what: 'both are noted as told' });
    // Told, but the teller died before it could note that.
    const before = [times('decided'), times('requested')] as const;
    await db.query('update reprise.approval_event set look_at = now() where approval_id = $1', [approval]);
    await eventually(() => times('decided') > before[0] && times('requested') > before[1], { what: 'both are told again' });
  });
});
