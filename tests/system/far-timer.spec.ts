import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running({ env: { REPRISE_WHEEL_LEVELS: '4' } });
afterAll(() => reprise.end());

await reprise.register({
  workflow: 'sleeper',
  tasks: [
    { id: 'nap', sleep: '${{ input.for }}' },
    { id: 'after', call: 'noop' },
  ],
});
await reprise.register({
  workflow: 'patient',
  tasks: [{ id: 'try', call: 'flaky', with: { times: 1 }, retry: { initialInterval: '2h', jitter: 'none' } }],
});

/** What waits on the delay wheel. */
const onTheWheel = () =>
  reprise.broker.channel(async (channel) => {
    let count = 0;
    for (let level = 0; level < 4; level += 1) {
      for (let digit = 1; digit < 16; digit += 1)
        count += (await channel.checkQueue(reprise.broker.names.delayQueue(level, digit))).messageCount;
    }
    return count;
  });

/** A message for this would be there for hours; that of a test before may have some milliseconds left. */
const nothingIsOnTheWheel = () =>
  eventually(async () => expect(await onTheWheel()).toBe(0), { what: 'nothing to be on the delay wheel' });

/** Hours pass in the ledger. */
const letHoursPass = (run: string) =>
  reprise.database.query(
    `update reprise.task set due_at = now() + interval '300 milliseconds', watch_at = now() where run_id = $1 and status in ('waiting', 'retrying')`,
    [run],
  );

test('a short sleep ends when it should, not before', async () => {
  const run = await reprise.run('sleeper', { for: '1200ms' });
  const nap = run.tasks.find(({ path }) => path === 'nap');
  const slept = Date.parse(nap?.endedAt ?? '') - Date.parse(nap?.startedAt ?? '');
  expect(run.status).toBe('succeeded');
  expect(slept).toBeGreaterThanOrEqual(1_199);
  // However busy the machine is.
  expect(slept).toBeLessThan(30_000);
});

test('a sleep of hours costs the broker nothing, and the watch wakes it when its time has come', async () => {
  const id = await reprise.startRun('sleeper', { for: '5h' });
  const nap = await reprise.taskIs(id, 'nap', ['waiting']);
  expect(Date.parse(nap.dueAt ?? '') - Date.now()).toBeGreaterThan(4 * 3_600_000);
  await nothingIsOnTheWheel();
  await letHoursPass(id);
  expect(await reprise.ended(id)).toMatchObject({ status: 'succeeded' });
});

test('a retry in hours waits in the ledger too', async () => {
  const id = await reprise.startRun('patient');
  const waiting = await reprise.taskIs(id, 'try', ['retrying']);
  expect(Date.parse(waiting.nextRetryAt ?? '') - Date.now()).toBeGreaterThan(3_600_000);
  await nothingIsOnTheWheel();
  await letHoursPass(id);
  expect(await reprise.ended(id)).toMatchObject({ status: 'succeeded' });
});

test('the time of a group is hours away: it costs the broker nothing, and the watch sees its end', async () => {
  await reprise.register({
    workflow: 'long',
    tasks: { g: { timeout: '5h', tasks: [{ id: 'w', waitFor: { event: 'never' } }] } },
  });
  const id = await reprise.startRun('long');
  await reprise.taskIs(id, 'g.w', ['waiting']);
  await nothingIsOnTheWheel();
  await reprise.database.query(
    `update reprise.task set total_until = now() + interval '300 milliseconds', watch_at = now() where run_id = $1 and watch_at is not null`,
    [id],
  );
  expect(await reprise.ended(id)).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', details: { kind: 'total' } } });
});

test('an alarm that rings too early is held back: the ledger says when it is due', async () => {
  const id = await reprise.startRun('sleeper', { for: '6s' });
  const nap = await reprise.taskIs(id, 'nap', ['waiting']);
  const [row] = await reprise.database.query<{ fence: string; node: number; at: string; version: string }>(
    `select t.fence, t.node, t.at, r.workflow_id as version from reprise.task t join reprise.run r on r.id = t.run_id where run_id = $1 and t.status = 'waiting'`,
    [id],
  );
  const alarm = {
    run: id,
    version: row?.version,
    node: row?.node,
    at: row?.at,
    fence: Number(row?.fence),
    dueAt: Date.now() - 1_000,
  };
  await reprise.broker.channel(async (channel) => {
    channel.publish(reprise.broker.names.timers, '0.0.0.1.s0', Buffer.from(JSON.stringify({ v: 1, alarms: [alarm] })), {
      persistent: true,
    });
  });
  const run = await reprise.ended(id);
  const ended = run.tasks.find(({ path }) => path === 'nap')?.endedAt ?? '';
  expect(Date.parse(ended)).toBeGreaterThanOrEqual(Date.parse(nap.dueAt ?? ''));
});
