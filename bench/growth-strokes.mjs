import { claimId, runId, startRun, toJsonText } from '@reprise/core';
import {
  AdvanceStore,
  ClaimStore,
  DeadLetterStore,
  EventViews,
  Gauges,
  NoticeStore,
  RunViews,
  StartStore,
  WatchStore,
} from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { registerWorkflow } from '@reprise/testing';

const BATCH = 100;
const LIMITS = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
/** A workflow that has most of its runs behind it, where the ledger has any: new keys and events fall among the old ones. */
const WORKFLOW = 'flow-3';
const DOCUMENT = `workflow: ${WORKFLOW}\ntasks:\n  one: { call: bench.noop, with: { a: 1 } }\n`;
const ALL = { status: null, workflow: null, labels: null, sinceMs: null, untilMs: null, q: null, parent: null };

/** How the name of a step begins that is done for the others. */
export const UNTOLD = '(then)';

const anywhere = () => `order-${Math.floor(Math.random() * 1e9)}`;
/** Behind all that there are. */
const inOrder = () => `z-${systemClock.uuidv7()}`;

/** What the services ask of the ledger, by name. The first few leave what the others look for. */
export async function strokesOf({ database }) {
  const { workflow, version } = await registerWorkflow(database, DOCUMENT);
  const claims = new ClaimStore(database);
  const views = new RunViews(database);
  const events = new EventViews(database);
  const gauges = new Gauges(database);
  const watch = new WatchStore(database);
  const notices = new NoticeStore(database);
  const letters = new DeadLetterStore(database);
  let started = [];
  let claimed = [];

  const start = async (newId) => {
    const starts = Array.from({ length: BATCH }, () => {
      const request = {
        id: runId(systemClock.uuidv7()),
        input: toJsonText({ order: 1 }),
        labels: { customer: `c${Math.floor(Math.random() * 10_000)}`, region: 'r1' },
      };
      const begun = startRun(workflow, request, { now: Date.now(), units: [0.5], limits: LIMITS });
      const key = newId();
      return { ...begun, version, workflow: WORKFLOW, trigger: 'http', key };
    });
    await database.transaction(async (session) => {
      const store = new StartStore(session);
      await store.insertEvents(
        starts.map(({ key }) => ({
          source: 'shop',
          id: key,
          type: 'order.paid',
          subject: null,
          fingerprint: 'f',
          outcome: 'accepted',
          results: '[]',
        })),
      );
      await store.takeKeys(
        starts.map(({ run, key }) => ({ workflow: WORKFLOW, key, fingerprint: 'f', run: run.id })),
        7 * 86_400_000,
      );
      await store.insertRuns(starts);
    });
    started = starts;
  };
  const claim = async () => {
    const tickets = started.map(({ run, tasks: [task] }) => ({ run: run.id, node: task.node, at: task.at, fence: task.fence }));
    claimed = (await claims.claim(tickets, claimId(systemClock.uuid()), 'bench', 15_000, 'default')).claimed;
    if (claimed.length !== BATCH) throw new Error(`${claimed.length} claimed`);
  };
  const end = () =>
    database.transaction(async (session) => {
      const store = new AdvanceStore(session);
      const { runs, now } = await store.lockRuns(started.map(({ run }) => run.id).sort());
      const tasks = await store.lockTasks(claimed.map(({ run, node, at }) => ({ run, node, at })));
      const done = {
        status: 'succeeded',
        claim: null,
        executor: 'bench',
        leaseUntil: null,
        watchAt: null,
        endedAt: now,
        output: toJsonText({ ok: true }),
      };
      await store.writeTasks(tasks.map(({ run, task }) => ({ run, task: { ...task, ...done } })));
      await store.updateRuns(
        runs.map(({ run }) => ({ ...run, status: 'succeeded', endedAt: now, watchAt: now + 10_000, output: toJsonText({}) })),
      );
      await store.markAnnounced(runs.map(({ run }) => run.id));
    });
  const list = (filter) => async () => {
    const { page } = await views.list({ ...ALL, ...filter }, { cursor: null, limit: 50 });
    return page;
  };
  return {
    'start 100 runs, ids in order': () => start(inOrder),
    [`${UNTOLD} claim and end them`]: async () => {
      await claim();
      await end();
    },
    'start 100 runs': () => start(anywhere),
    'claim 100 attempts': claim,
    'end 100 runs': end,
    'start, claim and end 100 runs': async () => {
      await start(anywhere);
      await claim();
      await end();
    },
    'list: newest': list({}),
    'list: succeeded': list({ status: 'succeeded' }),
    'list: failed': list({ status: 'failed' }),
    'list: cancelled': list({ status: 'cancelled' }),
    'list: running': list({ status: 'running' }),
    'list: paused': list({ status: 'paused' }),
    'list: a workflow': list({ workflow: WORKFLOW }),
    'list: failed of a workflow': list({ workflow: 'flow-5', status: 'failed' }),
    'list: running of a workflow': list({ workflow: WORKFLOW, status: 'running' }),
    'list: a workflow, by a label': list({ workflow: WORKFLOW, labels: { region: 'r3' } }),
    'list: failed of a workflow without any': list({ workflow: WORKFLOW, status: 'failed' }),
    'list: a label many have': list({ labels: { region: 'r1' } }),
    'list: a label few have': list({ labels: { customer: 'c77' } }),
    'list: a label nobody has': list({ labels: { customer: 'nobody' } }),
    'list: failed by a label': list({ status: 'failed', labels: { region: 'r0' } }),
    'list: failed by a label none of them has': list({ status: 'failed', labels: { region: 'r3' } }),
    'list: failed by a label nobody has': list({ status: 'failed', labels: { customer: 'nobody' } }),
    'list: of yesterday': list({ sinceMs: Date.now() - 2 * 86_400_000, untilMs: Date.now() - 86_400_000 }),
    'list: children of nobody': list({ parent: '00000000-0000-7000-8000-000000000001' }),
    'list: a text': list({ q: 'order-77' }),
    'list: the beginning of an id': list({ q: started[0]?.run.id.slice(0, 8) ?? '01a1' }),
    'events: newest': () => events.list({ type: null, outcome: null }, { cursor: null, limit: 50 }),
    'events: unmatched': () => events.list({ type: null, outcome: 'unmatched' }, { cursor: null, limit: 50 }),
    'events: rejected': () => events.list({ type: null, outcome: 'rejected' }, { cursor: null, limit: 50 }),
    'events: a type nobody sent': () => events.list({ type: 'order.none', outcome: null }, { cursor: null, limit: 50 }),
    'show a run': () => views.find(started[0].run.id),
    'history of a run': () => views.history(started[0].run.id, { cursor: null, limit: 50 }),
    gauges: () =>
      Promise.all([
        gauges.openRuns(),
        gauges.parkedTasks(),
        letters.countOpen(),
        gauges.readyQueues(1_000),
        gauges.waitingQueues(),
        gauges.lastSuccesses(),
      ]),
    'the watch: tasks': () => watch.dueTasks(500, []),
    'the watch: runs': () => watch.dueRuns(500),
    'the watch: notices': () => notices.due(500),
  };
}
