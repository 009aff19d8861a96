import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { refuseWhileBlocked } from './refuse-while-blocked.js';

test('while the broker takes no messages nothing starts, however its path is written; the rest goes on', async () => {
  const refuse = refuseWhileBlocked({ state: () => ({ kind: 'blocked', reason: 'low on memory' }) });
  const server = createServer((request, response) => refuse(request, response, () => response.writeHead(204).end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const statusOf = async (path: string): Promise<readonly [string, number]> => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method: 'POST' });
    await answer.text();
    return [path, answer.status];
  };
  const starts = [
    '/v1/events',
    '/v1/events/',
    '/v1/workflows/a/runs',
    '/V1/workflows/a/Runs/?wait=1s',
    '/v1/workflows/a/runs%3Abatch/',
  ];
  for (const path of [...starts, '/v1/runs/1/rerun/', '/v1/schedules/a/b/trigger/', '/v1/hooks/x/'])
    expect(await statusOf(path)).toEqual([path, 503]);
  for (const path of ['/v1/workflows', '/v1/workflows/', '/v1/schedules/a/b/pause'])
    expect(await statusOf(path)).toEqual([path, 204]);
  server.close().closeAllConnections();
});
