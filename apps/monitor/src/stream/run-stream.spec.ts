import { beforeEach, describe, expect, test } from '@jest/globals';
import { names, type RunView, taskEvent } from '@reprise/contracts';
import { runId, type TaskNews } from '@reprise/core';
import { silentLogger } from '@reprise/service';
import { RunStream } from './run-stream.js';
import type { Sink, StreamFilter } from './subscriber.js';

/** A client that reads when it is told to. */
class Client implements Sink {
  writableLength = 0;
  isSlow = false;
  text = '';

  write(text: string): boolean {
    this.text += text;
    if (this.isSlow) this.writableLength += text.length;
    return !this.isSlow;
  }

  read(): void {
    this.writableLength = 0;
  }

  /** Each event as `type run` or `type data`. */
  events(): readonly string[] {
    const blocks = this.text.split('\n\n').filter((block) => block.includes('event: '));
    return blocks.map((block) => {
      const type = /^event: (.*)$/m.exec(block)?.[1] ?? '';
      const data = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null');
      return `${type} ${data.data?.run ?? JSON.stringify(data)}`;
    });
  }

  lastId(): string {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
  }
}

const ALL: StreamFilter = { run: null, workflow: null, status: null };
let stream: RunStream;
beforeEach(() => {
  stream = new RunStream({ epoch: 'here', logger: silentLogger });
});

const say = (run: string, status = 'running', workflow = 'ship', type = `run.${status}`): void =>
  stream.hear({ body: Buffer.from(JSON.stringify({ type, data: { run, workflow, status } }, null, 2)) });

const RUN = runId('018f0000-0000-7000-8000-000000000000');

/** As schedulers and executors write it. */
function sayTask(news: TaskNews): void {
  const about = { run: RUN, workflow: 'ship', task: 'pack', attempt: 1, executor: 'e1', fence: 3, again: 0, at: 0 };
  const { body } = taskEvent(names('p'), { news, error: null, nextRetryAt: null, ...about });
  stream.hear({ body: Buffer.from(body) });
}

async function follow(filter: Partial<StreamFilter> = {}, lastId: string | null = null) {
  const client = new Client();
  const subscription = await stream.subscribe({ ...ALL, ...filter }, client, { lastId, readRun: null });
  if (subscription === null) throw new Error('no subscription');
  subscription.open();
  return { client, ...subscription };
}

describe('the stream', () => {
  test('tells everyone what fits their filter, until they leave', async () => {
    const all = await follow();
    const one = await follow({ run: 'a' });
    const ended = await follow({ status: 'failed', workflow: 'ship' });
    say('a');
    say('b', 'failed');
    say('c', 'failed', 'other');
    all.end();
    say('a', 'failed');
    expect(all.client.events()).toEqual(['run.running a', 'run.failed b', 'run.failed c']);
    expect(one.client.events()).toEqual(['run.running a', 'run.failed a']);
    expect(ended.client.events()).toEqual(['run.failed b', 'run.failed a']);
  });

  test('tells of tasks as they are told on the lifecycle exchange; a filter may name what they are now or what has happened', async () => {
    const all = await follow();
    const own = await follow({ run: RUN, status: 'failed' });
    const running = await follow({ status: 'running' });
    const started = await follow({ status: 'started' });
    for (const news of ['started', 'retrying', 'failed'] as const) sayTask(news);
    say('a', 'running', 'ship', 'run.started');
    const tasks = ['task.started', 'task.retrying', 'task.failed'].map((type) => `${type} ${RUN}`);
    expect(all.client.events()).toEqual([...tasks, 'run.started a']);
    expect(own.client.events()).toEqual([`task.failed ${RUN}`]);
    expect(running.client.events()).toEqual([`task.started ${RUN}`, 'run.started a']);
    expect(started.client.events()).toEqual(running.client.events());
  });

  test('goes on where an earlier one ended', async () => {
    const first = await follow();
    say('a');
    say('b');
    first.end();
    say('c');
    say('d', 'failed');
    expect((await follow({}, first.client.lastId())).client.events()).toEqual(['run.running c', 'run.failed d']);
    expect((await follow({ status: 'failed' }, first.client.lastId())).client.events()).toEqual(['run.failed d']);
    expect((await follow({}, 'here-4')).client.events()).toEqual([]);
  });

  test.each([['elsewhere-1'], ['here-x'], ['here-5'], ['here--1'], ['nonsense']])(
    'says that something was missed when it does not know what came after %s',
    async (lastId) => {
      say('a');
      expect((await follow({}, lastId)).client.events()).toEqual(['lagged {"missed":null}']);
    },
  );

  test('keeps the last thousand changes and no more', async () => {
    for (let number = 0; number < 1_500; number += 1) say(`r${number}`);
    expect((await follow({}, 'here-499')).client.events()).toEqual(['lagged {"missed":null}']);
    const { client } = await follow({}, 'here-500');
    expect([client.events().length, client.events()[0]]).toEqual([1_000, 'run.running r500']);
  });

  test('begins with the state of the run, and misses nothing that happens while it is read', async () => {
    const client = new Client();
    let found: (run: RunView | null) => void = () => undefined;
    const reading = new Promise<RunView | null>((resolve) => {
      found = resolve;
    });
    const subscribing = stream.subscribe({ ...ALL, run: 'a' }, client, { lastId: null, readRun: () => reading });
    say('a', 'succeeded');
    found({ id: 'a', status: 'running' } as RunView);
    (await subscribing)?.open();
    expect(client.events()).toEqual(['snapshot {"id":"a","status":"running"}', 'run.succeeded a']);
    const unknown = { lastId: null, readRun: async () => null };
    expect(await stream.subscribe({ ...ALL, run: 'b' }, client, unknown)).toBeNull();
  });

  test('does not pile up for a client that reads slowly: it is told how much it has missed', async () => {
    const { client, subscriber } = await follow();
    client.isSlow = true;
    for (let number = 0; number < 100_000; number += 1) say(`r${number}`);
    expect(client.text.length).toBeLessThan(300_000);
    const got = client.events().length;
    stream.beat();
    expect(client.events()).toHaveLength(got);
    client.isSlow = false;
    client.read();
    subscriber.catchUp();
    say('next');
    expect(client.events().slice(got)).toEqual([`lagged {"missed":${100_000 - got}}`, 'run.running next']);
  });

  test('says so when the broker was away, and does not pretend to know what was before', async () => {
    const { client } = await follow();
    say('a');
    stream.gap();
    say('b');
    expect(client.events()).toEqual(['run.running a', 'lagged {"missed":null}', 'run.running b']);
    expect((await follow({}, 'here-0')).client.events()).toEqual(['lagged {"missed":null}']);
    expect((await follow({}, 'here-1')).client.events()).toEqual(['run.running b']);
  });

  test('passes on nothing that it does not understand: anybody may publish there', async () => {
    const { client } = await follow();
    const bodies = ['', 'x', '[]', 'null', '{"type":"run.x\\nevent: y","data":{"run":"a","workflow":"b","status":"c"}}'];
    for (const body of [...bodies, '{"type":"run.failed","data":{"run":1}}', `{"type":"${'x'.repeat(70_000)}"}`])
      stream.hear({ body: Buffer.from(body) });
    say('a', 'retrying', 'ship', 'task.retrying');
    stream.beat();
    expect(client.events()).toEqual(['task.retrying a']);
    expect(client.text).toMatch(/\n\n: alive\n\n$/);
  });
});
