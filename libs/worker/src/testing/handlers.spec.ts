import { describe, expect, jest, test } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { Attempt } from '../handlers/attempt.js';
import { defineHandler } from '../handlers/define-handler.js';
import { Handler } from '../handlers/handler.js';
import { TaskError } from '../handlers/task-error.js';
import { fails, failTimes, fakeAttempt, inTurn, type MockAttempt, takes, testWorkflow } from './index.js';

@Injectable()
class Payments {
  constructor(private readonly charge: (amount: number, key: string) => Promise<string>) {}

  @Handler('payments.charge', { timeout: '10s', retry: { maximumAttempts: 2, initialInterval: '5s', jitter: 'none' } })
  async take(input: { readonly amount: number }, attempt: Attempt): Promise<{ readonly id: string }> {
    if (input.amount > 1_000) throw new TaskError('TOO_MUCH', 'ask somebody', { retryable: false });
    return { id: await this.charge(input.amount, attempt.key) };
  }

  untold(): void {}
}

const CHARGE =
  'workflow: w\ntasks: { a: { call: payments.charge, with: { amount: "${{ input.amount }}" } } }\noutput: "${{ tasks.a.output.id }}"';

describe('real handlers', () => {
  test('are played as they are: their input, their attempt, their declaration', async () => {
    const charge = jest.fn(async (_amount: number, key: string) => `r-${key.split('/')[1]}`);
    const run = await testWorkflow(CHARGE, { handlers: [new Payments(charge)] }).run({ amount: 7 });
    expect([run.status, run.output]).toEqual(['succeeded', 'r-a']);
    expect(charge).toHaveBeenCalledWith(7, `${run.id}/a`);
  });

  test('fail as they do, and are retried as they say where the document does not', async () => {
    const broken = jest.fn(async (_amount: number, _key: string): Promise<string> => {
      throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    });
    const run = await testWorkflow(CHARGE, { handlers: [new Payments(broken)] }).run({ amount: 7 });
    expect(run.error).toMatchObject({ code: 'ECONNREFUSED', message: 'refused' });
    expect(run.task('a').attempts).toMatchObject([
      { number: 1, next: expect.stringMatching(/^attempt 2 waits 5s/) },
      { number: 2 },
    ]);
    const refused = await testWorkflow(CHARGE, { handlers: [new Payments(broken)] }).run({ amount: 7_000 });
    expect([refused.error?.code, refused.task('a').attempts.length]).toEqual(['TOO_MUCH', 1]);
  });

  test('are retried as they say when `succeedWhen` refuses what they give', async () => {
    const judged = CHARGE.replace('call: payments.charge', 'call: payments.charge, succeedWhen: "output.id == \'r-2\'"');
    const never = await testWorkflow(judged, { handlers: [new Payments(async () => 'r-1')] }).run({ amount: 7 });
    expect(never.error?.code).toBe('UNEXPECTED_RESULT');
    expect(never.task('a').attempts).toMatchObject([
      { number: 1, next: expect.stringMatching(/^attempt 2 waits 5s/) },
      { number: 2 },
    ]);
  });

  test('that die are started again as often as they say', async () => {
    const definition = defineHandler('payments.charge', { retry: { maximumLost: 2 } }, () => null);
    const dies = (_input: unknown, attempt: MockAttempt) => attempt.dies();
    const run = await testWorkflow(CHARGE, { handlers: [definition, { a: dies }] }).run({ amount: 1 });
    expect([run.task('a').status, run.task('a').attempts.length]).toEqual(['parked', 2]);
  });

  test('may be defined by hand, and replaced by a mock: then their declaration still counts', async () => {
    const definition = defineHandler('payments.charge', { timeout: '10s', retry: { maximumAttempts: 1 } }, () => ({ id: 'd' }));
    expect((await testWorkflow(CHARGE, { handlers: [definition] }).run({ amount: 1 })).output).toBe('d');
    const run = await testWorkflow(CHARGE, { handlers: [definition, { a: takes('11s', 1) }] }).run({ amount: 1 });
    expect([run.error?.code, run.task('a').attempts.length]).toEqual(['TIMEOUT', 1]);
  });

  test('are refused twice under one name, and objects without any', () => {
    const one = new Payments(async () => '');
    expect(() => testWorkflow(CHARGE, { handlers: [one, one] })).toThrow('two handlers are called "payments.charge"');
    expect(() => testWorkflow(CHARGE, { handlers: [new Map()] })).toThrow('Map has no method with @Handler');
  });
});

describe('what they give', () => {
  const play = (handler: (input: unknown, attempt: MockAttempt) => unknown, more = {}) =>
    testWorkflow('workflow: w\ntasks: { a: { call: x, retry: { maximumAttempts: 1 } } }\noutput: "${{ tasks.a.output }}"', {
      handlers: { x: handler },
      ...more,
    }).run();

  test.each([
    [() => undefined, null],
    [() => Number.NaN, null],
    [async () => [1, undefined], [1, null]],
  ])('becomes JSON as an executor has it: %p', async (handler, output) => {
    expect((await play(handler)).output).toEqual(output);
  });

  test('must be what JSON can hold, and not too large', async () => {
    expect((await play(() => 7n)).error?.code).toBe('NOT_SERIALIZABLE');
    expect((await play(() => 'x'.repeat(1_048_577))).error?.code).toBe('OUTPUT_TOO_LARGE');
  });

  test('may be thrown in every way', async () => {
    expect((await play(() => Promise.reject('text'))).error).toMatchObject({
      code: 'INTERNAL',
      message: 'the handler threw text',
    });
    const asked = await testWorkflow('workflow: w\ntasks: { a: { call: x } }', {
      handlers: { x: inTurn(fails('http.429', { retryAfter: '17s' }), 1) },
    }).run();
    expect(asked.task('a').attempts[0]?.next).toContain('attempt 2 waits 17s: the handler asked for 17s');
  });

  test('is what their transaction has committed', async () => {
    const asked: unknown[] = [];
    const query = (text: string, values: readonly unknown[]) => {
      asked.push([text, values]);
      return [{ cents: 5 }];
    };
    const handler = async (_input: unknown, attempt: Attempt) => {
      await attempt.transaction(async (transaction) => (await transaction.query('select $1', [1])).rows[0]);
      throw new Error('too late');
    };
    expect((await play(handler, { query })).output).toEqual({ cents: 5 });
    expect(asked).toEqual([['select $1', [1]]]);
    await expect(play(handler)).rejects.toThrow('this test has no database for it; give it one: query: (text, values)');
  });

  test('tells nothing of their secrets', async () => {
    const document =
      'workflow: w\ntasks: { a: { call: x, with: { token: "Bearer ${{ secrets.TOKEN }}" } } }\noutput: "${{ tasks.a.output }}"';
    const tester = testWorkflow(document, { handlers: { x: ({ token }) => `I have ${token}` }, secrets: { TOKEN: 's3cr3t' } });
    const run = await tester.run();
    expect([run.output, run.task('a').input]).toEqual(['I have Bearer ***', { token: null }]);
    await expect(testWorkflow(document, { handlers: { x: 1 } }).run()).rejects.toThrow(
      'task "a" reads the secret TOKEN, and this test has none; give it one: { secrets: { TOKEN: \'…\' } }',
    );
  });

  test('counts for what undoes a task and for what tells of it too', async () => {
    const document = `
workflow: w
tasks:
  a: { call: book, compensate: { call: cancel, with: "\${{ output }}" } }
  b: { needs: [a], call: pay, retry: { maximumAttempts: 1 } }
onFailure: [{ id: tell, call: mail }]
`;
    const handlers = { book: 'b1', pay: fails('BROKE'), 'a:compensate': failTimes(1, 'BUSY'), 'onFailure.tell': null };
    const run = await testWorkflow(document, { handlers }).run();
    expect(run.calls().map(({ task }) => task)).toEqual(['a', 'b', 'a:compensate', 'a:compensate', 'onFailure.tell']);
    expect(run.task('a:compensate')).toMatchObject({ status: 'succeeded', input: 'b1' });
    expect(run.timeline.find(({ text }) => text.startsWith('is going to end'))?.text).toBe(
      'is going to end as failed with BROKE, BROKE happened: what is open is stopped',
    );
  });

  test('depends on which task asks, if the test says so', async () => {
    const document = `
workflow: w
tasks: { all: { forEach: [1, 2, 3], call: double, with: "\${{ each.value }}", retry: { maximumAttempts: 2, initialInterval: 0s } } }
output: "\${{ tasks.all.output }}"
`;
    const handlers = { double: (value: number) => value * 2, 'all[1]': inTurn(fails('E'), 'other') };
    const run = await testWorkflow(document, { handlers }).run();
    expect([run.output, run.task('all[1]').attempts.length]).toEqual([[2, 'other', 6], 2]);
  });
});

describe('a fake attempt', () => {
  test('is enough to call a handler', async () => {
    const payments = new Payments(async (amount, key) => `${amount} under ${key}`);
    const attempt = fakeAttempt({ key: 'k1', number: 2 });
    expect(await payments.take({ amount: 7 }, attempt)).toEqual({ id: '7 under k1' });
    expect(attempt).toMatchObject({ number: 2, fence: 1, task: 'task' });
    expect(attempt.deadline).toBeGreaterThan(Date.now());
  });

  test('hears its beats, and can be stopped', async () => {
    const attempt = fakeAttempt();
    attempt.heartbeat({ done: 3 });
    attempt.heartbeat();
    expect(attempt.beats).toEqual([{ done: 3 }, null]);
    attempt.log.info('half of it', { done: 3 });
    attempt.log.output('stderr', 'a warning');
    expect(attempt.log.lines).toEqual([
      { level: 'info', message: 'half of it', fields: { done: 3 } },
      { level: 'stderr', message: 'a warning', fields: {} },
    ]);
    attempt.abort('lost');
    expect([attempt.signal.aborted, attempt.signal.reason]).toEqual([true, expect.objectContaining({ code: 'LOST' })]);
    await expect(attempt.effect('x', async () => 1)).rejects.toMatchObject({ code: 'LOST' });
  });

  test('has one transaction, on the database the test plays; one that failed has not been', async () => {
    const attempt = fakeAttempt({ query: async () => ({ rows: [], rowCount: 3 }) });
    await expect(attempt.transaction(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(attempt.committed).toBeNull();
    expect(await attempt.transaction(async ({ query }) => (await query('update x')).rowCount)).toBe(3);
    expect(attempt.committed).toEqual({ result: 3 });
    await expect(attempt.transaction(async () => 1)).rejects.toThrow('an attempt has one transaction');
    await expect(fakeAttempt().transaction(async () => 1)).rejects.toThrow('this test has no database');
  });

  test('commits nothing once it is stopped', async () => {
    const attempt = fakeAttempt({ query: () => [] });
    const work = attempt.transaction(async () => attempt.abort());
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(attempt.committed).toBeNull();
  });
});
