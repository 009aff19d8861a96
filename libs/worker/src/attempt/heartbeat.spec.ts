import { expect, test } from '@jest/globals';
import { run } from '../../test/run-attempts.js';
import type { Attempt } from '../handlers/attempt.js';
import { Heartbeat } from './heartbeat.js';
import { SecretMask } from './redact-secrets.js';

const shown = (progress: unknown, secrets: readonly string[] = []): unknown =>
  JSON.parse(new Heartbeat(1_000, progress, new SecretMask(secrets)).under(7));

test('a heartbeat says under which fence, when, and what; nothing is null', () => {
  expect(shown({ done: 3 })).toEqual({ fence: 7, at: 1_000, progress: { done: 3 } });
  expect(shown(undefined)).toEqual({ fence: 7, at: 1_000, progress: null });
});

test('it holds no secret, nothing that Postgres refuses, and not more than a page', () => {
  expect(shown({ url: 'https://bank/?token=very-secret' }, ['very-secret'])).toMatchObject({
    progress: { url: 'https://bank/?token=***' },
  });
  expect(shown('a\u0000b\ud800')).toMatchObject({ progress: 'a\ufffdb\ufffd' });
  expect(shown('x'.repeat(4_094))).toMatchObject({ progress: 'x'.repeat(4_094) });
  expect(shown('x'.repeat(4_095))).toMatchObject({ progress: 'progress of 4097 characters is too large to keep' });
});

test('whatever it is given, it can be written: leases of other attempts are renewed with it', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const hostile = {
    toJSON: () => {
      throw new Error('no');
    },
  };
  for (const progress of [circle, hostile, 1n]) expect(shown(progress)).toMatchObject({ progress: 'progress that is no JSON' });
});

test('an attempt hands its heartbeats to whoever keeps its lease, without its secrets', async () => {
  const beats: string[] = [];
  const leases = { beat: (_claimed: unknown, heartbeat: Heartbeat) => void beats.push(heartbeat.under(2)) };
  const secrets = JSON.stringify([{ path: ['token'], parts: [{ secret: 'BANK' }] }]) as never;
  const work = (input: unknown, attempt: Attempt): void => attempt.heartbeat({ sent: (input as { token: string }).token });
  const options = { leases, readSecret: () => 'very-secret' };
  await run(work, { input: { token: null }, claimed: { secrets }, options });
  expect(beats).toEqual(['{"fence":2,"at":1000000,"progress":{"sent":"***"}}']);
});
