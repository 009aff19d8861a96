import { afterAll, describe, expect, test } from '@jest/globals';
import type { RunView } from '@reprise/contracts';
import type { OnInDoubt } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { requestTo } from '../system/installation.js';
import { underChaos } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';
import { PaymentProvider } from './payment-provider.js';

type Call = 'pay.recorded' | 'pay.once' | 'pay.blind';
type Point = 'before-intent' | 'after-intent' | 'after-effect' | 'after-effect-commit' | 'before-record' | 'before-report';

// What is begun after a death is not to be lost as well: it would be in doubt.
const reprise = await underChaos({}, { lease: '4s' });
const provider = await PaymentProvider.start();
afterAll(async () => {
  await reprise.end();
  await provider.end();
}, END_WITHIN_MS);

let workflows = 0;

/** One task that pays, on a queue of its own, so that only the executor of the case takes it. */
async function paying(
  call: Call,
  onInDoubt: OnInDoubt,
  mode?: string,
): Promise<{ readonly run: string; readonly queue: string }> {
  const queue = `pay-${workflows}`;
  const workflow = await reprise.register({
    workflow: `pay-${workflows++}`,
    tasks: [
      {
        id: 'pay',
        call,
        queue,
        onInDoubt,
        with: { provider: provider.url, onInDoubt, ...(mode === undefined ? {} : { mode }) },
        retry: { maximumAttempts: 3, initialInterval: '50ms', maximumLost: 3 },
      },
    ],
    output: '${{ tasks.pay.output }}',
  });
  return { run: await reprise.startRun(workflow), queue };
}

/** Until it has ended, or a person is asked. */
async function atRest(run: string): Promise<RunView> {
  return reprise.orTell(
    eventually(
      async () => {
        const view = await reprise.show(run);
        return (view.endedAt !== null || view.tasks[0]?.status === 'parked') && view;
      },
      { what: `run ${run} has ended or waits for a person`, timeoutMs: PATIENCE_MS },
    ),
  );
}

const statusOf = (run: RunView) => run.tasks[0]?.status;
const effectOf = (run: RunView) => run.tasks[0]?.effects[0]?.state ?? null;

/** Whatever has died: what the ledger says of the money is what the provider has seen of it. */
function agree(run: RunView): void {
  const taken = provider.charges(run.id).filter(({ receipt }) => receipt !== null).length;
  switch (effectOf(run)) {
    case 'committed':
      expect(taken).toBeGreaterThanOrEqual(1);
      expect(run.tasks[0]?.effects[0]?.result).toEqual({ receipt: provider.charges(run.id).at(-1)?.receipt });
      break;
    case 'void':
      expect(taken).toBe(0);
      break;
    default:
      // In doubt, or nothing recorded: then it is not said to have failed or succeeded, unless its document said so.
      expect(['parked', 'failed', 'succeeded']).toContain(statusOf(run));
  }
}

describe('an executor is killed around a payment', () => {
  // What the provider has seen, what has become of the task, and what the ledger knows of the effect.
  test.each<[Call, OnInDoubt, Point, number, string, string | null]>([
    ['pay.recorded', 'park', 'before-intent', 1, 'succeeded', 'committed'],
    ['pay.recorded', 'park', 'after-intent', 0, 'parked', 'intended'],
    ['pay.recorded', 'retry', 'after-intent', 1, 'succeeded', 'committed'],
    ['pay.recorded', 'probe', 'after-intent', 1, 'succeeded', 'committed'],
    ['pay.recorded', 'fail', 'after-intent', 0, 'failed', 'intended'],
    ['pay.recorded', 'park', 'after-effect', 1, 'parked', 'intended'],
    ['pay.recorded', 'retry', 'after-effect', 2, 'succeeded', 'committed'],
    ['pay.recorded', 'probe', 'after-effect', 1, 'succeeded', 'committed'],
    ['pay.recorded', 'fail', 'after-effect', 1, 'failed', 'intended'],
    ['pay.recorded', 'park', 'after-effect-commit', 1, 'succeeded', 'committed'],
    ['pay.recorded', 'park', 'before-report', 1, 'succeeded', 'committed'],
    ['pay.once', 'park', 'before-intent', 0, 'parked', null],
    ['pay.once', 'park', 'before-record', 1, 'succeeded', 'committed'],
    ['pay.once', 'park', 'before-report', 1, 'succeeded', 'committed'],
    ['pay.blind', 'park', 'before-record', 1, 'parked', null],
    ['pay.blind', 'fail', 'before-record', 1, 'failed', null],
    ['pay.blind', 'park', 'before-report', 1, 'succeeded', null],
  ])(
    '%s, onInDoubt: %s, killed %s: %d calls, the task is %s, the effect %s',
    async (call, onInDoubt, point, calls, status, effect) => {
      const { run, queue } = await paying(call, onInDoubt);
      const executor = reprise.startOne('executor', {
        env: { REPRISE_QUEUES: queue },
        faults: [`executor.${point}:kill@1`],
        restart: true,
      });
      try {
        const rested = await atRest(run);
        await eventually(() => executor.deaths === 1, { what: 'the executor was killed', timeoutMs: PATIENCE_MS });
        expect([provider.charges(run).length, statusOf(rested), effectOf(rested)]).toEqual([calls, status, effect]);
        expect(new Set(provider.charges(run).map(({ key }) => key)).size).toBeLessThanOrEqual(1);
        agree(rested);
        if (status !== 'succeeded') expect(rested.tasks[0]?.error?.code).toBe('IN_DOUBT');
      } finally {
        await executor.stop();
      }
    },
    TEST_WITHIN_MS,
  );
});

describe('a payment whose answer is lost', () => {
  test.each<[OnInDoubt, number, string, string | null]>([
    ['park', 1, 'parked', 'in_doubt'],
    ['probe', 1, 'succeeded', 'committed'],
    ['fail', 1, 'failed', 'in_doubt'],
  ])(
    'onInDoubt: %s: %d calls, the task is %s',
    async (onInDoubt, calls, status, effect) => {
      const { run, queue } = await paying('pay.recorded', onInDoubt, 'lose');
      const executor = reprise.startOne('executor', { env: { REPRISE_QUEUES: queue } });
      try {
        const rested = await atRest(run);
        expect([provider.charges(run).length, statusOf(rested), effectOf(rested)]).toEqual([calls, status, effect]);
        agree(rested);
      } finally {
        await executor.stop();
      }
    },
    TEST_WITHIN_MS,
  );

  test(
    'a person says what the provider’s books say, and the run goes on from there',
    async () => {
      const { run, queue } = await paying('pay.once', 'park', 'lose');
      const executor = reprise.startOne('executor', { env: { REPRISE_QUEUES: queue } });
      try {
        await atRest(run);
        const path = `/v1/runs/${run}/tasks/pay/resolve`;
        const bad = await reprise.request('POST', path, { outcome: 'retry', effects: [{ name: 'charge', happened: 'yes' }] });
        const errors = [{ path: 'effects[0].happened', message: 'must be true or false' }];
        expect(bad).toMatchObject({ status: 422, body: { errors } });
        const effects = [{ name: 'charge', happened: true, result: { receipt: 77 } }];
        const said = await reprise.request('POST', path, { outcome: 'retry', effects, reason: 'it is in their books' });
        expect(said.status).toBe(200);
        const ended = await reprise.ended(run, PATIENCE_MS);
        expect([ended.status, ended.output, provider.charges(run).length]).toEqual(['succeeded', { receipt: 77 }, 1]);
        expect(ended.tasks[0]?.effects[0]).toMatchObject({ state: 'committed', settledBy: expect.any(String) });
      } finally {
        await executor.stop();
      }
    },
    TEST_WITHIN_MS,
  );

  test(
    'a decline says that nothing happened: it is a failure like any other',
    async () => {
      const { run, queue } = await paying('pay.once', 'park', 'refuse');
      const executor = reprise.startOne('executor', { env: { REPRISE_QUEUES: queue } });
      try {
        const rested = await atRest(run);
        expect([rested.status, rested.error?.code, effectOf(rested)]).toEqual(['failed', 'DECLINED', 'void']);
        agree(rested);
      } finally {
        await executor.stop();
      }
    },
    TEST_WITHIN_MS,
  );
});

test(
  'an executor that sleeps through its lease in the middle of a payment wakes up as a stranger: what it says is refused and counted',
  async () => {
    const { run, queue } = await paying('pay.recorded', 'probe', 'hold');
    const env = { REPRISE_QUEUES: queue };
    const zombie = reprise.startOne('executor', { env });
    await reprise.orTell(
      eventually(() => provider.charges(run).length === 1, { what: 'the provider was asked', timeoutMs: PATIENCE_MS }),
    );
    await zombie.kill('SIGSTOP');
    const heir = reprise.startOne('executor', { env });
    const ended = await reprise.ended(run, PATIENCE_MS);
    expect([ended.status, ended.tasks[0]?.attempts.map(({ status }) => status)]).toEqual(['succeeded', ['lost', 'succeeded']]);
    const before = await effectRow(run);
    await zombie.kill('SIGCONT');
    await provider.release();
    const refused = async () => {
      const { body } = await requestTo(zombie.url, 'GET', '/metrics');
      return /^reprise_stale_writes_rejected_total(\{.*\})? [1-9]/m.test(String(body));
    };
    await reprise.orTell(eventually(refused, { what: 'the zombie’s write is refused and counted', timeoutMs: PATIENCE_MS }));
    expect(await effectRow(run)).toEqual(before);
    expect(provider.charges(run)).toHaveLength(1);
    agree(await reprise.show(run));
    await Promise.all([zombie.stop(), heir.stop()]);
  },
  TEST_WITHIN_MS,
);

const effectRow = (run: string) =>
  reprise.database.query('select state, fence, claim, result::text, changed_at from reprise.effect where run_id = $1', [run]);
