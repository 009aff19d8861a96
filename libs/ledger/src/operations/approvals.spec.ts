import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApprovalWrite, fence, type Json, parseDocument, type RunId, runId, versionId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { AnswerApproval, ApprovalEvents, type ApprovalFilter, ApprovalStore, ApprovalViews } from '../index.js';

const parsed = parseDocument(
  'workflow: ask\ntasks:\n  page: { forEach: [1], tasks: { ask: { approval: { subject: Sure? } } } }\n',
);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow } = parsed;
const version = versionId(systemClock.uuidv7());
const task = { node: 1, at: '0', fence: fence(1) };
const NOW = Date.UTC(2030, 0, 1);

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create();
});
afterAll(() => db.end());

type Request = Extract<ApprovalWrite, { kind: 'request' }>;
type Further =
  Exclude<ApprovalWrite, Request> extends infer Write
    ? Write extends ApprovalWrite
      ? Omit<Write, keyof typeof task>
      : never
    : never;

async function write(run: RunId, writes: readonly ApprovalWrite[], now = NOW): Promise<void> {
  await db.database.transaction((session) =>
    new ApprovalStore(session).write(writes.map((each) => ({ run, version, workflow, now, write: each }))),
  );
}

/** Asks, and returns the run and the approval. */
async function ask(fields: Partial<Request> = {}): Promise<{ readonly run: RunId; readonly id: string }> {
  const run = runId(systemClock.uuidv7());
  const request: Request = {
    kind: 'request',
    ...task,
    subject: 'Sure?',
    assignees: ['anna', 'bob', 'carla'],
    form: null,
    requester: 'carla',
    fourEyes: false,
    required: 1,
    expiresAt: NOW + 60_000,
    ...fields,
  };
  await write(run, [request]);
  const [row] = await db.query<{ id: string }>('select id from reprise.approval where run_id = $1', [run]);
  if (row === undefined) throw new Error('nobody was asked');
  return { run, id: row.id };
}

const tell = (run: RunId, further: Further): Promise<void> => write(run, [{ ...task, ...further } as ApprovalWrite], NOW + 1_000);

const say = (
  id: string,
  by: string,
  decision: 'approved' | 'rejected' = 'approved',
  form: Json = null,
  comment: string | null = null,
) => new AnswerApproval(db.database).answer(id, { by, decision, form, comment });

const show = (id: string) => new ApprovalViews(db.database).find(id);
const stateOf = (run: RunId) =>
  db.database.transaction(async (session) => (await new ApprovalStore(session).states(run, [task]))[0]);
const notices = (run: RunId) => db.query('select node, at, fence, version from reprise.notice where run_id = $1', [run]);

describe('an answer', () => {
  test('decides, is kept with who and when, and leaves a notice for the run', async () => {
    const { run, id } = await ask();
    expect(await stateOf(run)).toEqual({ kind: 'open' });
    expect(await say(id, 'anna', 'approved', { limit: 5 }, 'fine')).toEqual({
      kind: 'answered',
      notice: { run, version, ...task },
    });
    expect(await notices(run)).toEqual([{ ...task, version }]);
    const said = { by: 'anna', decision: 'approved', form: { limit: 5 }, comment: 'fine' };
    const view = await show(id);
    expect(view).toMatchObject({
      task: 'page[0].ask',
      state: 'decided',
      decision: 'approved',
      decidedBy: 'anna',
      answers: [said],
    });
    expect(view?.endedAt).toBe(view?.answers[0]?.at);
    expect(await stateOf(run)).toMatchObject({ kind: 'decided', last: said, approvals: [said] });
  });

  test('comes too late once another has decided: it hears by whom and when', async () => {
    const { run, id } = await ask();
    await say(id, 'anna', 'rejected');
    const { endedAt } = (await show(id)) ?? {};
    const late = await say(id, 'bob');
    expect(late).toMatchObject({ kind: 'ended', state: 'decided', decision: 'rejected', by: 'anna' });
    expect(late.kind === 'ended' && new Date(late.at).toISOString()).toBe(endedAt);
    expect(await notices(run)).toHaveLength(1);
  });

  test('of two that come at the same moment one decides and one is too late, whoever they are, 200 times over', async () => {
    for (let round = 0; round < 200; round += 1) {
      const { run, id } = await ask();
      const kinds = await Promise.all([say(id, 'anna'), say(id, 'bob', 'rejected')]);
      expect(kinds.map(({ kind }) => kind).sort()).toEqual(['answered', 'ended']);
      expect(await notices(run)).toHaveLength(1);
      expect((await show(id))?.answers).toHaveLength(1);
    }
  });

  test('of nobody knows what: there is no such approval', async () => {
    expect(await say(systemClock.uuidv7(), 'anna')).toEqual({ kind: 'unknown' });
  });

  test('counts only from those who are asked; where nobody is named, from anybody', async () => {
    const { id } = await ask();
    expect(await say(id, 'dora')).toEqual({ kind: 'not-assigned', assignees: ['anna', 'bob', 'carla'] });
    expect(await say((await ask({ assignees: [] })).id, 'dora')).toMatchObject({ kind: 'answered' });
  });

  test('under four eyes whoever asks may reject, not approve', async () => {
    const { id } = await ask({ fourEyes: true });
    expect(await say(id, 'carla')).toEqual({ kind: 'requester' });
    expect(await say(id, 'carla', 'rejected')).toMatchObject({ kind: 'answered' });
    expect(await say((await ask({ fourEyes: true, requester: null })).id, 'carla')).toMatchObject({ kind: 'answered' });
  });

  test('that breaks the form is refused with everything that is wrong; who rejects need not fill it in', async () => {
    const form = { type: 'object', required: ['limit'], properties: { limit: { type: 'integer' }, note: { type: 'string' } } };
    const { id } = await ask({ form });
    expect(await say(id, 'anna', 'approved', { limit: 'x', note: 5 })).toEqual({
      kind: 'invalid',
      problems: [
        { path: 'limit', message: 'must be integer, not string' },
        { path: 'note', message: 'must be string, not number' },
      ],
    });
    expect(await say(id, 'anna')).toMatchObject({ kind: 'invalid' });
    expect(await say(id, 'anna', 'rejected', { limit: 'x' })).toMatchObject({ kind: 'invalid' });
    expect((await show(id))?.answers).toEqual([]);
    expect(await say(id, 'anna', 'rejected')).toMatchObject({ kind: 'answered' });
  });
});

describe('n of m', () => {
  test('as many must approve, each once; the run hears of the last', async () => {
    const { run, id } = await ask({ required: 2 });
    expect(await say(id, 'anna')).toEqual({ kind: 'answered', notice: null });
    expect(await say(id, 'anna', 'rejected')).toMatchObject({ kind: 'twice', decision: 'approved', at: expect.any(Number) });
    expect(await show(id)).toMatchObject({ state: 'open', answers: [{ by: 'anna' }] });
    expect(await stateOf(run)).toEqual({ kind: 'open' });
    expect(await say(id, 'bob')).toMatchObject({ kind: 'answered', notice: { run } });
    expect(await stateOf(run)).toMatchObject({
      kind: 'decided',
      last: { by: 'bob' },
      approvals: [{ by: 'anna' }, { by: 'bob' }],
    });
  });

  test('two of two who answer at the same moment decide once, together', async () => {
    for (let round = 0; round < 50; round += 1) {
      const { run, id } = await ask({ required: 2 });
      const both = await Promise.all([say(id, 'anna'), say(id, 'bob')]);
      expect(both.map((each) => (each.kind === 'answered' ? each.notice !== null : each.kind)).sort()).toEqual([false, true]);
      expect(await notices(run)).toHaveLength(1);
    }
  });

  test('one rejection decides', async () => {
    const { run, id } = await ask({ required: 2 });
    await say(id, 'anna');
    await say(id, 'bob', 'rejected');
    expect(await stateOf(run)).toMatchObject({
      kind: 'decided',
      last: { by: 'bob', decision: 'rejected' },
      approvals: [{ by: 'anna' }],
    });
  });
});

describe('what is told', () => {
  test('is handed out once, again when it was not marked, and never once it was', async () => {
    await db.query('update reprise.approval_event set look_at = null');
    const { run, id } = await ask({ form: { type: 'object' } });
    const events = new ApprovalEvents(db.database);
    await tell(run, { kind: 'remind', number: 3 });
    const due = await events.due(10);
    expect(due).toMatchObject([
      {
        approval: id,
        kind: 'requested',
        number: 1,
        at: '2030-01-01T00:00:00.000Z',
        run,
        workflow: 'ask',
        task: 'page[0].ask',
        form: { type: 'object' },
        expiresAt: '2030-01-01T00:01:00.000Z',
        detail: null,
      },
      { approval: id, kind: 'reminded', number: 3, at: '2030-01-01T00:00:01.000Z' },
    ]);
    expect(await events.due(10)).toEqual([]);
    await db.query(`update reprise.approval_event set look_at = now() where look_at is not null`);
    expect(await events.due(10)).toEqual(due);
    await events.markTold(due);
    await events.markTold([]);
    await db.query(`update reprise.approval_event set look_at = now() where look_at is not null`);
    expect(await events.due(10)).toEqual([]);
  });

  test('an escalation adds people, each once; where anybody may decide, nobody', async () => {
    const { run, id } = await ask();
    await tell(run, { kind: 'escalate', to: ['boss', 'anna'] });
    expect((await show(id))?.assignees).toEqual(['anna', 'bob', 'carla', 'boss']);
    const open = await ask({ assignees: [] });
    await tell(open.run, { kind: 'escalate', to: ['boss'] });
    expect((await show(open.id))?.assignees).toEqual([]);
  });

  test.each([
    [
      { kind: 'expire', decision: 'rejected' },
      { state: 'expired', decision: 'rejected' },
    ],
    [
      { kind: 'expire', decision: 'fail' },
      { state: 'expired', decision: null },
    ],
    [{ kind: 'close' }, { state: 'closed', decision: null }],
  ] as const)('%j ends it, and answers come too late', async (further, ends) => {
    const { run, id } = await ask();
    await tell(run, further);
    expect(await show(id)).toMatchObject({ ...ends, decidedBy: null, endedAt: '2030-01-01T00:00:01.000Z' });
    expect(await say(id, 'anna')).toMatchObject({ kind: 'ended', state: ends.state, by: null, at: NOW + 1_000 });
  });

  test('nothing of an approval that people have decided: it stays as it is', async () => {
    const { run, id } = await ask();
    await say(id, 'anna');
    await tell(run, { kind: 'close' });
    await tell(run, { kind: 'escalate', to: ['boss'] });
    await tell(run, { kind: 'remind', number: 1 });
    expect(await show(id)).toMatchObject({ state: 'decided', assignees: ['anna', 'bob', 'carla'] });
    const kinds = await db.query('select kind from reprise.approval_event where approval_id = $1 order by at', [id]);
    expect(kinds.map(({ kind }) => kind).sort()).toEqual(['decided', 'requested']);
  });

  test('an answer and an end that come together: one of them counts, 50 times over', async () => {
    for (let round = 0; round < 50; round += 1) {
      const { run, id } = await ask();
      const decide = db.database.transaction(async (session) => {
        const store = new ApprovalStore(session);
        const [state] = await store.states(run, [task]);
        const expire: ApprovalWrite = { kind: 'expire', ...task, decision: 'rejected' };
        if (state?.kind === 'open') await store.write([{ run, version, workflow, now: NOW, write: expire }]);
        return state?.kind;
      });
      const [answered, seen] = await Promise.all([say(id, 'anna'), decide]);
      const view = await show(id);
      expect([answered.kind, seen, view?.state]).toEqual(
        seen === 'open' ? ['ended', 'open', 'expired'] : ['answered', 'decided', 'decided'],
      );
    }
  });
});

describe('approvals as lists', () => {
  test('newest first, page by page, by state, by who may decide, by workflow and run', async () => {
    await db.query('truncate reprise.approval cascade');
    const views = new ApprovalViews(db.database);
    const all: string[] = [];
    for (let index = 0; index < 5; index += 1) all.unshift((await ask(index === 0 ? { assignees: [] } : {})).id);
    await say(all[0] ?? '', 'anna');
    const none = { state: null, assignee: null, workflow: null, run: null };
    const list = async (filter: Partial<ApprovalFilter>, cursor: string | null = null, limit = 10) => {
      const paged = await views.list({ ...none, ...filter }, { cursor, limit });
      return paged.kind === 'page' ? paged.page : { items: [], next: paged.kind };
    };
    const ids = (page: Awaited<ReturnType<typeof list>>) => page.items.map(({ id }) => id);
    const first = await list({}, null, 3);
    expect(ids(first)).toEqual([...all].sort().reverse().slice(0, 3));
    expect([...ids(first), ...ids(await list({}, first.next, 3))].sort()).toEqual([...all].sort());
    expect(ids(await list({ state: 'decided' }))).toEqual([all[0]]);
    expect(ids(await list({ assignee: 'dora' }))).toEqual([all[4]]);
    expect(ids(await list({ assignee: 'bob' }))).toHaveLength(5);
    expect(ids(await list({ workflow: 'other' }))).toEqual([]);
    expect(await list({}, 'nonsense')).toEqual({ items: [], next: 'bad-cursor' });
    expect(await views.find(systemClock.uuidv7())).toBeNull();
  });
});
