import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Body, Controller, Get, HttpException, Module, Post, Req } from '@nestjs/common';
import { fixedClock } from '../clock.js';
import { requiredBody } from '../http/body.js';
import { createLogger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { ProblemError } from '../problem.js';
import { createServiceContext, type ServiceContext } from '../service-context.js';
import { readSettings } from '../settings/settings.js';
import { defaultBodyRule, type RunningService, runService, type ServiceDefinition } from './run-service.js';

const failures: Record<string, () => unknown> = {
  problem: () =>
    new ProblemError({
      status: 409,
      code: 'wrong_state',
      detail: 'it has ended',
      hint: 'rerun it',
      errors: [{ path: '/a', message: 'm' }],
      headers: { 'retry-after': '7' },
    }),
  nest: () => new HttpException('no tea', 418),
  bug: () => new TypeError('secret internals at 10.0.0.1'),
  text: () => 'a thrown text',
  'database away': () => Object.assign(new Error('query failed'), { cause: Object.assign(new Error('x'), { code: '57P01' }) }),
  'database down': () =>
    Object.assign(new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], 'all failed')),
  'broker away': () => Object.assign(new Error('gone'), { code: 'BROKER_UNREACHABLE' }),
};

@Controller()
class TestController {
  @Post('v1/echo')
  echo(@Body() value: unknown, @Req() request: Parameters<typeof requiredBody>[0]): unknown {
    return { value, text: requiredBody(request).text };
  }
  @Post('v1/workflows')
  document(@Body() text: unknown): unknown {
    return { text };
  }
  @Get('fail/:how')
  fail(@Req() request: { params: { how: string } }): never {
    throw failures[request.params.how]?.();
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

const running: RunningService[] = [];
const lines: string[] = [];
afterEach(async () => {
  lines.length = 0;
  for (const service of running.splice(0)) await service.close();
});

function contextOf(env: Record<string, string> = {}): ServiceContext {
  const settings = readSettings(
    {
      REPRISE_PORT: '0',
      REPRISE_MAX_INPUT_BYTES: '1000',
      REPRISE_MAX_EVENT_BYTES: '1000',
      REPRISE_MAX_DOCUMENT_BYTES: '100',
      ...env,
    },
    'trigger',
  );
  const logger = createLogger({ service: 'trigger', write: (line) => lines.push(line) });
  return createServiceContext('trigger', settings, {
    logger,
    clock: fixedClock(),
    metrics: new Metrics({ service: 'trigger', nodeDefaults: false }),
  });
}

async function start(context = contextOf(), more: Partial<ServiceDefinition> = {}): Promise<RunningService> {
  const service = await runService({ context, module: TestModule, supervised: false, ...more });
  running.push(service);
  return service;
}

async function post(
  url: string,
  body: string | Buffer | undefined,
  type: string | null = 'application/json',
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: type === null ? {} : { 'content-type': type },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('bodies', () => {
  test('JSON arrives parsed, with the text exactly as it was sent', async () => {
    const { url } = await start();
    for (const type of [
      'application/json',
      'application/json; charset=UTF-8',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
    ]) {
      expect(await post(`${url}/v1/echo`, '{ "a" : 1.0, "b":"é" }', type)).toEqual({
        status: 201,
        body: { value: { a: 1, b: 'é' }, text: '{ "a" : 1.0, "b":"é" }' },
      });
    }
  });

  test('workflow documents arrive as text, broken or not', async () => {
    const { url } = await start();
    for (const type of ['application/yaml', 'text/yaml', 'application/json'])
      expect(await post(`${url}/v1/workflows`, '{"a":', type)).toEqual({ status: 201, body: { text: '{"a":' } });
  });

  test('are read by the same rule however a path that leads to the same route is written', async () => {
    const { url } = await start();
    for (const path of ['/v1/workflows/', '/v1/Workflows'])
      expect([path, await post(`${url}${path}`, 'a: 1', 'text/yaml')]).toEqual([path, { status: 201, body: { text: 'a: 1' } }]);
    const { limits } = contextOf({ REPRISE_MAX_BATCH_BYTES: '123456' }).settings;
    for (const path of ['/v1/events', '/v1/events/', '/V1/Events', '/v1/workflows/a/runs:batch/', '/v1/workflows/a/runs%3Abatch'])
      expect([path, defaultBodyRule('POST', path, limits).limitBytes]).toEqual([path, 123_456]);
  });

  test.each([
    ['no body at all', undefined, 'application/json', 400, 'body_required'],
    ['a truncated body', '{"a":1', 'application/json', 400, 'invalid_json'],
    ['a duplicate key', '{"a":1,"a":2}', 'application/json', 400, 'duplicate_key'],
    ['a forbidden key', '{"__proto__":{"admin":true}}', 'application/json', 422, 'forbidden_key'],
    ['100,000 levels', Buffer.from('['.repeat(60_000)), 'application/json', 422, 'depth_exceeded'],
    ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, 'invalid_encoding'],
    ['UTF-16', '{}', 'application/json; charset=utf-16', 415, 'unsupported_media_type'],
    ['no content type', Buffer.from('{}'), null, 415, 'unsupported_media_type'],
    ['plain text', '{}', 'text/plain', 415, 'unsupported_media_type'],
    ['YAML where JSON is wanted', 'a: 1', 'application/yaml', 415, 'unsupported_media_type'],
    ['a body over the limit', `"${'x'.repeat(70_000)}"`, 'application/json', 413, 'body_too_large'],
  ])('%s is refused as it should be', async (_what, body, type, status, code) => {
    const { url } = await start();
    expect(await post(`${url}/v1/echo`, body, type)).toMatchObject({
      status,
      body: { code, status, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    });
  });

  test('the limit is exact, and holds for a body of unknown length that never ends', async () => {
    const { url, port } = await start();
    const limitBytes = 1_000 + 65_536;
    expect((await post(`${url}/v1/echo`, `"${'x'.repeat(limitBytes - 2)}"`)).status).toBe(201);
    expect((await post(`${url}/v1/echo`, `"${'x'.repeat(limitBytes - 1)}"`)).status).toBe(413);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          'POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        ),
      );
      let text = '';
      const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
      const pump = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pump).on('connect', pump);
      socket.on('data', (data) => {
        text += String(data);
      });
      socket.on('error', () => {}).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a refusal that comes while the body is still being sent', () => {
  /** Sends half a body, waits for the whole answer, then sends the rest; the answer, and what went wrong with the connection. */
  async function answerHalfWay(
    port: number,
    type: string,
  ): Promise<{ readonly answer: string; readonly failure: string | null }> {
    const half = Buffer.alloc(4_000_000, 'x');
    // As a caller that goes on sending, whatever the server says: a connection that was closed under it is reset then.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    let failure: string | null = null;
    let sendsRest = false;
    socket.on('data', (data) => {
      answer += String(data);
      if (sendsRest || !answer.includes('"traceId"')) return;
      sendsRest = true;
      socket.end(half);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message;
    });
    socket.write(
      `POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${half.length * 2}\r\n\r\n`,
    );
    socket.write(half);
    await new Promise((resolve) => socket.on('close', resolve));
    return { answer, failure };
  }

  test.each([
    ['too large', 'application/json', 413],
    ['a form', 'application/x-www-form-urlencoded', 415],
  ])('reaches its caller, and the connection is not reset: %s', async (_what, type, status) => {
    const { port } = await start();
    const { answer, failure } = await answerHalfWay(port, type);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nconnection: close\r\n`, 'i'));
    expect(failure).toBeNull();
  });
});

describe('problems', () => {
  test.each([
    ['problem', 409, { code: 'wrong_state', detail: 'it has ended', hint: 'rerun it', errors: [{ path: '/a', message: 'm' }] }],
    ['nest', 418, { code: 'i_m_a_teapot', detail: 'no tea' }],
    ['bug', 500, { code: 'internal' }],
    ['text', 500, { code: 'internal' }],
    ['database away', 503, { code: 'unavailable' }],
    ['database down', 503, { code: 'unavailable' }],
    ['broker away', 503, { code: 'unavailable' }],
  ])('%s → %i', async (how, status, members) => {
    const { url } = await start();
    const response = await fetch(`${url}/fail/${how}`, { headers: { traceparent: `00-${'ab'.repeat(16)}-00f067aa0ba902b7-01` } });
    const body = (await response.json()) as Record<string, unknown>;
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({ status, ...members, traceId: 'ab'.repeat(16) });
    expect(JSON.stringify(body)).not.toMatch(/internals|10\.0\.0\.1|\.ts:/);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '2' : how === 'problem' ? '7' : null);
    const failureLines = lines.filter((line) => line.includes('ab'.repeat(16)));
    expect(failureLines).toHaveLength(status >= 500 ? 1 : 0);
    if (how === 'bug') expect(failureLines[0]).toContain('secret internals');
  });

  test('what is not there is 404, what is there by another method is 405 and says which', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/nothing?<script>`)).status).toBe(404);
    const response = await fetch(`${url}/v1/echo`, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${url}/%E0%A4%A`)).status).toBe(404);
  });
});
