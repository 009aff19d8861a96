import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MonitorUnderTest } from '../../test/monitor-under-test.js';

const DOCUMENT = 'workflow: ship\ntasks: { pack: { call: shop.pack } }\n';
const monitor = new MonitorUnderTest();
const { http } = monitor;
let trigger: Server | null = null;
const asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];

beforeAll(monitor.begin);
afterAll(async () => {
  trigger?.close();
  await monitor.end();
});

async function startTrigger(): Promise<void> {
  if (trigger !== null) return;
  trigger = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(422, { 'content-type': 'application/problem+json', 'retry-after': '7', 'x-inner': 'no' });
      response.end('{"code":"invalid_input"}');
    });
  });
  trigger.listen(0, '127.0.0.1');
  await once(trigger, 'listening');
  monitor.triggerPort = (trigger.address() as AddressInfo).port;
}
describe('what starts runs', () => {
  test('is answered 503 with Retry-After while the trigger cannot be reached', async () => {
    expect(trigger).toBeNull();
    const answer = await http('POST', '/v1/workflows/ship/runs', { input: {} });
    expect([answer.status, answer.json?.['code'], answer.headers.get('retry-after')]).toEqual([503, 'trigger_unreachable', '2']);
  });

  test.each(['/v1/workflows/ship/runs?wait=30s', '/v1/workflows/ship/runs:batch', '/v1/events', '/v1/hooks/a/b'])(
    'POST %s goes to the trigger as it came, and its answer comes back as it was',
    async (path) => {
      await startTrigger();
      const headers = {
        authorization: 'Bearer abc',
        'idempotency-key': 'k1',
        traceparent: `00-${'ab'.repeat(16)}-00f067aa0ba902b7-01`,
        'ce-id': '9',
      };
      const answer = await http('POST', path, '{"input" : 1.0}', headers);
      expect([answer.status, answer.text, answer.headers.get('retry-after'), answer.headers.get('x-inner')]).toEqual([
        422,
        '{"code":"invalid_input"}',
        '7',
        null,
      ]);
      expect(asked.at(-1)).toMatchObject({
        method: 'POST',
        url: path,
        body: '{"input" : 1.0}',
        headers: { ...headers, 'content-type': 'application/json' },
      });
    },
  );

  test('registering passes YAML on byte by byte', async () => {
    await startTrigger();
    await http('POST', '/v1/workflows', DOCUMENT, { 'content-type': 'application/yaml' });
    expect(asked.at(-1)).toMatchObject({ url: '/v1/workflows', body: DOCUMENT, headers: { 'content-type': 'application/yaml' } });
  });
});
