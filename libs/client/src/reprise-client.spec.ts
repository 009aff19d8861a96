import { describe, expect, jest, test } from '@jest/globals';
import { RepriseClient, RepriseError, readAll, typed, UnreachableError, WaitTimeoutError, workflow } from './index.js';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A server in a function: answers in order, the last one for ever. */
function serverOf(...answers: readonly (Response | Error | (() => Response))[]) {
  const sent: Sent[] = [];
  const fetch = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    init.signal?.throwIfAborted();
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    sent.push({ url: String(url), init });
    if (answer instanceof Error) throw answer;
    return typeof answer === 'function' ? answer() : (answer as Response).clone();
  };
  return {
    sent,
    client: new RepriseClient({ url: 'http://here:3000/', token: 'secret-token', fetch: fetch as typeof globalThis.fetch }),
  };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

describe('starting runs', () => {
  test('sends the input under its key, with the token, and tells whether it is new', async () => {
    const { client, sent } = serverOf(json(202, { id: 'r1', status: 'running' }), json(200, { id: 'r1', status: 'succeeded' }));
    expect(await client.run('order fulfilment', { a: 1 }, { key: 'k', version: '1.0.0', labels: { x: 'y' } })).toEqual({
      id: 'r1',
      status: 'running',
      created: true,
    });
    expect(sent[0]).toMatchObject({
      url: 'http://here:3000/v1/workflows/order%20fulfilment/runs',
      init: {
        method: 'POST',
        body: '{"input":{"a":1},"version":"1.0.0","labels":{"x":"y"}}',
        headers: { 'idempotency-key': 'k', authorization: 'Bearer secret-token', 'content-type': 'application/json' },
      },
    });
    expect((await client.run('w', null)).created).toBe(false);
  });

  test('takes a workflow that was built here by its name, registers it as it is, and waits by what the start has answered', async () => {
    const { client, sent } = serverOf(
      json(201, { workflow: 'greet', version: null, hash: 'h', warnings: [] }),
      json(202, { id: 'r1', status: 'running' }),
      json(200, { id: 'r1', status: 'succeeded', output: 'Hello Ada' }),
    );
    const greet = workflow('greet', { input: typed<{ name: string }>() })
      .task('say', { transform: ({ input }) => `Hello ${input.name}` })
      .output(({ tasks }) => tasks.say.output);
    await client.workflows.apply(greet);
    const ended = await client.wait(await client.run(greet, { name: 'Ada' }));
    expect(ended).toMatchObject({ status: 'succeeded', output: 'Hello Ada' });
    expect(sent.map(({ url, init }) => [url.slice('http://here:3000'.length), init.body])).toEqual([
      ['/v1/workflows', JSON.stringify(greet)],
      ['/v1/workflows/greet/runs', '{"input":{"name":"Ada"}}'],
      ['/v1/runs/r1?tasks=0', undefined],
    ]);
  });

  test('waits for the end over a server that goes away meanwhile', async () => {
    const away = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    const { client } = serverOf(
      json(202, { id: 'r1', status: 'running' }),
      json(200, { status: 'running' }),
      away,
      json(503, { code: 'starting' }),
      json(200, { id: 'r1', status: 'failed' }),
    );
    expect(await client.run('w', {}, { wait: { timeoutMs: 10_000 } })).toMatchObject({ status: 'failed' });
  });

  test.each([30, 60])('waits for %i days, though no timer lasts longer than 24', async (days) => {
    const timeoutMs = days * 86_400_000;
    const { client } = serverOf(
      json(200, { status: 'running' }),
      json(200, { status: 'running' }),
      json(200, { status: 'failed' }),
    );
    expect(await client.wait('r1', { timeoutMs })).toMatchObject({ status: 'failed' });
    jest.useFakeTimers();
    try {
      const silent = (_: unknown, { signal }: RequestInit = {}) =>
        new Promise<Response>((_resolve, reject) => {
          if (signal?.aborted === true) reject(signal.reason);
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
      const waiting = new RepriseClient({ url: 'http://here', fetch: silent as typeof globalThis.fetch }).wait('r1', {
        timeoutMs,
      });
      const ended = waiting.then(
        () => 'resolved',
        (error: unknown) => error,
      );
      jest.advanceTimersByTime(timeoutMs - 1);
      expect(jest.getTimerCount()).toBe(1);
      jest.advanceTimersByTime(1);
      expect(await ended).toMatchObject({ name: 'WaitTimeoutError', timeoutMs });
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('gives up waiting when the time is up, and on the caller’s signal with its reason', async () => {
    const running = json(200, { status: 'running' });
    await expect(serverOf(running).client.wait('r1', { timeoutMs: 80 })).rejects.toMatchObject({
      name: 'WaitTimeoutError',
      run: 'r1',
      timeoutMs: 80,
    });
    const stop = new AbortController();
    const waiting = serverOf(running).client.wait('r1', { signal: stop.signal, timeoutMs: 60_000 });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(new WaitTimeoutError('r', 1).code).toBe('WAIT_TIMEOUT');
  });
});

describe('what goes wrong is told apart', () => {
  test('a problem is thrown with status, code, the whole problem and how long to wait', async () => {
    const { client } = serverOf(
      json(422, { code: 'invalid_input', detail: 'wrong', errors: [{ path: 'input.a', message: 'm' }] }, { 'retry-after': '3' }),
    );
    const error = await client.runs.get('x').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RepriseError);
    expect(error).toMatchObject({
      status: 422,
      code: 'invalid_input',
      message: 'wrong',
      retryAfterMs: 3_000,
      problem: { errors: [{ path: 'input.a' }] },
    });
  });

  test('an answer that is no JSON is not taken for one', async () => {
    await expect(serverOf(new Response('<html>', { status: 200 })).client.runs.list()).rejects.toMatchObject({
      code: 'not_reprise',
    });
    await expect(serverOf(new Response('Bad Gateway', { status: 502 })).client.runs.list()).rejects.toMatchObject({
      status: 502,
      code: 'http_502',
    });
  });

  test('silence names the address and the cause', async () => {
    const { client } = serverOf(
      Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
    );
    const error = await client.workflows.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({
      url: 'http://here:3000',
      message: 'cannot reach http://here:3000: nobody listens there (ECONNREFUSED)',
    });
  });
});

test('lists carry their filters; nothing that was not given is sent', async () => {
  const { client, sent } = serverOf(json(200, { items: [], next: null }));
  await client.runs.list({ status: 'failed', labels: { team: 'a b' }, since: new Date(0), cursor: null });
  await client.runs.tasks('r', { limit: 5 });
  await client.runs.task('r', 'page[3].x');
  await client.runs.history('r', { cursor: 'c' });
  await client.events({ type: 'a.b' });
  expect(sent.map(({ url }) => url.slice('http://here:3000'.length))).toEqual([
    '/v1/runs?status=failed&since=1970-01-01T00%3A00%3A00.000Z&label.team=a+b',
    '/v1/runs/r/tasks?limit=5',
    '/v1/runs/r/tasks/page%5B3%5D.x',
    '/v1/runs/r/history?cursor=c',
    '/v1/events?type=a.b',
  ]);
});

test('a list is read as a whole, page after page', async () => {
  const pages = [
    { items: [{ name: 'a' }, { name: 'b' }], next: 'c-1' },
    { items: [{ name: 'c' }], next: null },
  ];
  const { client, sent } = serverOf(...pages.map((page) => json(200, page)));
  expect((await readAll((page) => client.queues.list(page))).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(sent.map(({ url }) => url.slice('http://here:3000'.length))).toEqual([
    '/v1/queues?limit=500',
    '/v1/queues?limit=500&cursor=c-1',
  ]);
});

test('an event gets an id of its own, so that sending it again by mistake is not taken for another', async () => {
  const { client, sent } = serverOf(json(202, { results: [{ id: 'e', outcome: 'accepted', runs: [] }] }));
  expect(await client.publish({ type: 'order.placed', data: { n: 1 } })).toEqual({ id: 'e', outcome: 'accepted', runs: [] });
  expect(JSON.parse(String(sent[0]?.init.body))).toEqual({
    specversion: '1.0',
    source: '/reprise/client',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    type: 'order.placed',
    data: { n: 1 },
  });
});
