import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutorView, Page } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import { EXAMPLE, INSTALLED_WITHIN_MS, PythonWorker } from './python-worker.js';

/** Nothing may be lost but what is killed or stopped: not what is only short of time. */
const LEASE = '8s';
const ENDED_WITHIN_MS = 150_000;

/** One task that takes a while; each test has a queue of its own, so that it knows who takes its attempts. */
const slow = (queue: string) => ({
  workflow: `slow-${queue}`,
  defaults: { queue, timeout: '1m', retry: { initialInterval: '100ms', jitter: 'none' } },
  tasks: [{ id: 'count', call: 'text.count', with: { text: 'two words', seconds: '${{ input.seconds }}' } }],
  output: '${{ tasks.count.output }}',
});

let reprise: Installation;

const worker = (name: string, queue: string): Promise<PythonWorker> => PythonWorker.working(reprise, name, queue);

const runningOn = (run: string, name: string) =>
  reprise.orTell(
    eventually(
      async () =>
        (await reprise.show(run)).tasks.some(({ status, executor }) => status === 'running' && executor === `amqp/${name}`),
      {
        what: `${name} is at work`,
        timeoutMs: ENDED_WITHIN_MS,
      },
    ),
  );

beforeAll(async () => {
  reprise = await Installation.create({ lease: LEASE });
  await reprise.start('trigger', 'scheduler');
  await reprise.start('monitor');
}, INSTALLED_WITHIN_MS);
afterAll(async () => {
  await reprise?.end();
});

describe('a worker in Python', () => {
  test('runs the example: an error it says may be retried is retried as it asks, though the call is `once`', async () => {
    await worker('example', 'python');
    await reprise.register(readFileSync(`${EXAMPLE}python-worker.yaml`, 'utf8'));
    const run = await reprise.run('python-worker', { text: 'a few words more', to: 'ada@example.com', busy: 2 }, ENDED_WITHIN_MS);
    expect(run).toMatchObject({ status: 'succeeded', output: { words: 4, delivered: { delivered: 4, attempt: 3 } } });
    const attempts = run.tasks.find(({ path }) => path === 'deliver')?.attempts ?? [];
    expect(attempts.map(({ status, error }) => [status, error?.code ?? null])).toEqual([
      ['failed', 'MAILBOX_BUSY'],
      ['failed', 'MAILBOX_BUSY'],
      ['succeeded', null],
    ]);
    expect(attempts[0]?.verdict).toMatchObject({ wait: { from: 'retryAfter', delayMs: 100 } });
    const { items } = (await reprise.request<Page<ExecutorView>>('GET', '/v1/executors')).body;
    expect(items).toMatchObject([{ id: 'amqp/example', handlers: ['text.count', 'text.deliver'], queues: ['python'] }]);
  });

  test('says when there is no use in trying again', async () => {
    const run = await reprise.run('python-worker', { text: 'a', to: 'nobody' }, ENDED_WITHIN_MS);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'NO_SUCH_MAILBOX', task: 'deliver' } });
    expect(run.tasks.find(({ path }) => path === 'deliver')?.attempt).toBe(1);
  });

  test('killed in the middle of an attempt: it is lost, and another worker makes the next one', async () => {
    const doomed = await worker('doomed', 'killed');
    const workflow = await reprise.register(slow('killed'));
    const run = await reprise.startRun(workflow, { seconds: 5 });
    await runningOn(run, 'doomed');
    doomed.signal('SIGKILL');
    await doomed.exited;
    await worker('heir', 'killed');
    const end = await reprise.ended(run, ENDED_WITHIN_MS);
    expect(end).toMatchObject({ status: 'succeeded', output: { words: 2, by: 'heir' } });
    expect(end.tasks[0]?.attempts.map(({ status, executor }) => [status, executor])).toEqual([
      ['lost', 'amqp/doomed'],
      ['succeeded', 'amqp/heir'],
    ]);
  });

  test('stopped past its lease and woken when another has finished: what it says then is stale, and counted', async () => {
    const sleeper = await worker('sleeper', 'stopped');
    const workflow = await reprise.register(slow('stopped'));
    const run = await reprise.startRun(workflow, { seconds: 5 });
    await runningOn(run, 'sleeper');
    sleeper.signal('SIGSTOP');
    await worker('successor', 'stopped');
    const end = await reprise.ended(run, ENDED_WITHIN_MS);
    expect(end).toMatchObject({ status: 'succeeded', output: { by: 'successor' } });
    const before = await rejected();
    sleeper.signal('SIGCONT');
    await sleeper.says('is stale');
    // At least: a worker that is not answered in time says it again.
    expect(await rejected()).toBeGreaterThan(before);
    expect(await reprise.show(run)).toEqual(end);
  });

  test('told to stop, it finishes what it runs, and takes nothing new', async () => {
    const leaving = await worker('leaving', 'drained');
    const workflow = await reprise.register(slow('drained'));
    const run = await reprise.startRun(workflow, { seconds: 4 });
    await runningOn(run, 'leaving');
    leaving.signal('SIGTERM');
    expect(await leaving.exited).toBe(0);
    expect(await reprise.ended(run, ENDED_WITHIN_MS)).toMatchObject({ status: 'succeeded', output: { by: 'leaving' } });
    // Nobody has answered its goodbye.
    const executors = async () =>
      (await reprise.request<Page<ExecutorView>>('GET', '/v1/executors')).body.items.map(({ id }) => id);
    await eventually(async () => expect(await executors()).not.toContain('amqp/leaving'), { what: 'its goodbye to be heard' });
  });

  test('is told to stop when its run is cancelled', async () => {
    await worker('cancelled', 'cancelled');
    const workflow = await reprise.register(slow('cancelled'));
    const run = await reprise.startRun(workflow, { seconds: 600 });
    await runningOn(run, 'cancelled');
    await reprise.request('POST', `/v1/runs/${run}/cancel`);
    expect(await reprise.ended(run, ENDED_WITHIN_MS)).toMatchObject({ status: 'cancelled', tasks: [{ status: 'cancelled' }] });
  });
});

async function rejected(): Promise<number> {
  const text = await (await fetch(`${reprise.one('scheduler').url}/metrics`)).text();
  return Number(/^reprise_stale_writes_rejected_total(?:\{.*\})? (\d+)/m.exec(text)?.[1] ?? 0);
}
