import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

interface Told {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly run: string;
    readonly task: string;
    readonly attempt: number;
    readonly executor: string | null;
    readonly error: { readonly code: string } | null;
    readonly nextRetryAt: string | null;
  };
}

/** What is told under these routing keys, until the test ends: each at least once, and then under the same id. */
async function listening(pattern: string, work: (told: () => Promise<readonly Told[]>) => Promise<void>): Promise<void> {
  const queue = `${reprise.broker.prefix}.heard.${pattern.replace(/[^a-z]/g, '-')}`;
  await reprise.broker.channel(async (channel) => {
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, reprise.broker.names.lifecycle, pattern);
  });
  const heard = new Map<string, Told>();
  try {
    await work(async () => {
      for (const body of await reprise.broker.take(queue)) {
        const told = JSON.parse(body.toString()) as Told;
        expect(line(heard.get(told.id) ?? told)).toBe(line(told));
        heard.set(told.id, told);
      }
      return [...heard.values()];
    });
  } finally {
    await reprise.broker.channel((channel) => channel.deleteQueue(queue));
  }
}

const line = ({ type, data }: Told) => `${type} ${data.task}${data.attempt === 0 ? '' : ` ${data.attempt}`}`;

test('a workflow that says `lifecycle: tasks` tells what becomes of each of its tasks, by executors and schedulers', async () => {
  await reprise.register({
    workflow: 'followed',
    lifecycle: 'tasks',
    tasks: {
      work: { call: 'flaky', with: { times: 1 }, retry: { initialInterval: '50ms' } },
      never: { needs: ['work'], if: 'false', call: 'noop' },
      page: { needs: ['work'], forEach: [1], tasks: [{ id: 'nap', sleep: '10ms' }] },
      odd: { call: 'flaky', with: { times: 9 }, retry: { maximumAttempts: 1, onExhausted: 'park' } },
    },
  });
  await listening('task.#', async (told) => {
    const run = await reprise.startRun('followed');
    const expected = [
      'task.failed odd 1',
      'task.parked odd 1',
      'task.retrying work 1',
      'task.skipped never',
      'task.started odd 1',
      'task.started page',
      'task.started page[0]',
      'task.started page[0].nap',
      'task.started work 1',
      'task.started work 2',
      'task.succeeded page',
      'task.succeeded page[0]',
      'task.succeeded page[0].nap',
      'task.succeeded work 2',
    ];
    const parked = expected.filter((each) => each !== 'task.failed odd 1');
    const lines = async () => [...(await told())].map(line).sort();
    await reprise.orTell(eventually(async () => expect(await lines()).toEqual(parked), { what: 'all of it' }));
    await reprise.request('POST', `/v1/runs/${run}/tasks/odd/resolve`, { outcome: 'failed', reason: 'enough' });
    await reprise.ended(run);
    await reprise.orTell(eventually(async () => expect(await lines()).toEqual(expected), { what: 'its end' }));
    const all = await told();
    const retrying = all.find(({ type }) => type === 'task.retrying')?.data;
    expect(retrying).toMatchObject({ run, error: { code: 'FLAKY' }, nextRetryAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    const started = all
      .filter(({ type, data }) => type === 'task.started' && data.task === 'work')
      .map(({ data }) => data.executor);
    expect(started).toEqual([expect.any(String), expect.any(String)]);
  });
});

test('one that does not say so tells nothing of them', async () => {
  await reprise.register({ workflow: 'discreet', tasks: { work: { call: 'noop' }, nap: { sleep: '10ms' } } });
  await reprise.register({ workflow: 'last', lifecycle: 'tasks', tasks: { end: { transform: 1 } } });
  await listening('task.#', async (told) => {
    await reprise.run('discreet');
    await reprise.run('last');
    await eventually(async () => expect((await told()).map(line)).toContain('task.succeeded end'), {
      what: 'what comes after it',
    });
    expect((await told()).map(line)).toEqual(['task.succeeded end']);
  });
});
