import { afterAll, expect, test } from '@jest/globals';
import type { DoctorReport } from '@reprise/contracts';
import { eventually, ServiceProcess } from '@reprise/testing';
import { checkLedger } from '../chaos/check-ledger.js';
import { underChaos } from '../chaos/faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from '../chaos/load.js';
import { OwnBroker } from '../chaos/own-broker.js';
import { requestTo } from '../system/installation.js';

const broker = await OwnBroker.start();
const env = { REPRISE_RABBITMQ_MANAGEMENT_URL: broker.managementUrl };
const reprise = await underChaos({}, { brokerUrl: broker.url, env });
afterAll(async () => {
  await reprise.end();
  await broker.end();
}, END_WITHIN_MS);

const start = (key: string) =>
  requestTo(
    reprise.one('monitor').url,
    'POST',
    '/v1/workflows/load/runs',
    { input: { key, ms: 0, stumbles: false } },
    { 'idempotency-key': key },
  );

/** What the doctor says of the broker; of the database, how the tests' server is set is its own affair. */
async function aboutBroker(): Promise<DoctorReport['findings']> {
  const { body } = await reprise.request('GET', '/v1/doctor');
  const { findings } = body as DoctorReport;
  return findings.filter(({ area }) => area === 'broker');
}
const brokerFindings = async () => (await aboutBroker()).map(({ rule, about }) => [rule, about]);

const told = (expected: readonly unknown[], what: string) =>
  reprise.orTell(eventually(async () => expect(await brokerFindings()).toEqual(expected), { what, timeoutMs: PATIENCE_MS }));

interface Alarm {
  readonly raise: readonly string[];
  readonly clear: readonly string[];
}

const ALARMS: Readonly<Record<'memory' | 'disk', Alarm>> = {
  memory: {
    raise: ['set_vm_memory_high_watermark', '0.00001'],
    clear: ['set_vm_memory_high_watermark', '0.4'],
  },
  // More than any disk has free.
  disk: { raise: ['set_disk_free_limit', '1000000000000000'], clear: ['set_disk_free_limit', '50000000'] },
};

const accepted: string[] = [];
const finished = async () => (await reprise.database.query(`select from reprise.run where ended_at is not null`)).length;

test.each(['memory', 'disk'] as const)(
  'the broker is short of %s: starts are answered 503 with Retry-After, nothing accepted is lost, and it goes on by itself',
  async (short) => {
    const key = `asked-while-short-of-${short}`;
    const before = await finished();
    const sending = sendLoad(reprise, { runs: 120, everyMs: 40, ms: 300 });
    await eventually(async () => (await finished()) > before, { what: 'the load is under way', timeoutMs: PATIENCE_MS });
    await broker.ctl(...ALARMS[short].raise);
    const refused = await reprise.orTell(
      eventually(
        async () => {
          const answer = await start(key);
          return answer.status === 503 && answer;
        },
        { what: 'a start is refused', timeoutMs: PATIENCE_MS },
      ),
    );
    expect(refused.body).toMatchObject({ code: 'broker_blocked', detail: expect.stringContaining(short) });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    // What needs no message goes on.
    expect((await reprise.request('GET', '/v1/runs')).status).toBe(200);
    await eventually(async () => expect(await brokerFindings()).toContainEqual(['broker.blocked', null]), {
      what: 'the doctor finds it',
      timeoutMs: PATIENCE_MS,
    });
    const alarm = expect.objectContaining({ rule: 'broker.blocked', what: expect.stringContaining(`${short} alarm`) });
    await eventually(async () => expect(await aboutBroker()).toContainEqual(alarm), {
      what: 'the node’s alarm is named',
      timeoutMs: PATIENCE_MS,
    });
    expect((await fetch(`${reprise.one('trigger').url}/readyz`)).status).toBe(503);

    await broker.ctl(...ALARMS[short].clear);
    await reprise.orTell(
      eventually(async () => [200, 202].includes((await start(key)).status), {
        what: 'starts are taken again',
        timeoutMs: PATIENCE_MS,
      }),
    );
    accepted.push(...(await sending), key);
    await allEnded(reprise, accepted);
    await checkLedger(reprise, { keys: accepted, faults: 1, atLeast: { runs: 121, faults: 1 } });
  },
  TEST_WITHIN_MS,
);

test(
  'what only the management API tells is found: a policy that drops messages, a binding that is gone',
  async () => {
    const { prefix, names } = reprise.broker;
    await told([], 'the broker is as it should be');
    await broker.ctl('set_policy', 'theirs', `^${prefix}\\.trigger$`, '{"max-length": 1000}', '--apply-to', 'queues');
    await reprise.broker.channel((channel) => channel.unbindQueue(names.timersQueue, names.timers, '#'));
    const wrong = [
      ['broker.policy_loses_messages', names.triggerQueue],
      ['broker.missing_binding', names.timersQueue],
    ];
    await told(wrong, 'both are found');
    await broker.ctl('clear_policy', 'theirs');
    await reprise.broker.channel((channel) => channel.bindQueue(names.timersQueue, names.timers, '#'));
    await told([], 'both are mended');
  },
  TEST_WITHIN_MS,
);

test.each([
  ['a virtual host the user may not use', ['add_vhost', 'closed'], '/closed', /refuses the virtual host ..?closed/],
  ['a user that may not declare', ['add_user', 'poor', 'poor-password'], '/', /lacks permissions in the virtual host/],
] as const)(
  '%s: waited for, and said in words what to do',
  async (_what, prepare, pathname, said) => {
    await broker.ctl(...prepare);
    const url = new URL(broker.url);
    url.pathname = pathname === '/' ? '' : pathname;
    if (prepare[0] === 'add_user') {
      Object.assign(url, { username: prepare[1], password: prepare[2] });
      await broker.ctl('set_permissions', prepare[1], '^nothing$', '.*', '.*');
    }
    const path = new URL('../../apps/scheduler/dist/main.js', import.meta.url).pathname;
    const given = { AMQP_URL: url.href, DATABASE_URL: reprise.database.url, REPRISE_PREFIX: 'poor' };
    const service = new ServiceProcess(path, given, 1);
    try {
      await eventually(() => expect(service.logs().join('\n')).toMatch(said), {
        what: 'it says what is refused',
        timeoutMs: PATIENCE_MS,
      });
      expect(service.logs().join('\n')).not.toMatch(/poor-password|^\s+at /m);
    } finally {
      await service.stop();
    }
  },
  TEST_WITHIN_MS,
);
