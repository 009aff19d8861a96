import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import type { DoctorReport, Finding } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

const CLI = fileURLToPath(new URL('../../apps/cli/bin/reprise.js', import.meta.url));
/** How the servers of the tests are set, and who else uses them, is their own affair. */
const OF_THE_SERVERS = /^database\.(fsync|full_page_writes|synchronous_commit|autovacuum)_off$|^database\.connections$/;

const reprise = await Installation.running();
afterAll(() => reprise.end());

function examine(...args: readonly string[]): Promise<{ readonly code: number; readonly report: DoctorReport }> {
  const env = { ...process.env, REPRISE_URL: reprise.one('monitor').url };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [CLI, 'doctor', '-o', 'json', ...args], { env }, (error, out, said) => {
      // A monitor that is short of time may not have answered.
      if (!out.startsWith('{')) return reject(new Error(`the doctor has no report: ${said}`, { cause: error }));
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, report: JSON.parse(out) });
    });
  });
}

const found = ({ findings }: DoctorReport): readonly Finding[] => findings.filter(({ rule }) => !OF_THE_SERVERS.test(rule));
const told = (report: DoctorReport) => found(report).map(({ rule, about }) => [rule, about]);

async function untilTold(expected: readonly (readonly [string, string | null])[]): Promise<DoctorReport> {
  return reprise.orTell(
    eventually(
      async () => {
        const { report } = await examine();
        expect(told(report)).toEqual(expect.arrayContaining([...expected]));
        return report;
      },
      { what: `the doctor tells of ${expected.map(([rule]) => rule).join(', ')}` },
    ),
  );
}

test('four services that run: nothing is found that is ours, and the one thing AMQP cannot tell is said', async () => {
  const report = await reprise.orTell(
    eventually(
      async () => {
        const { report: looked } = await examine();
        expect(told(looked)).toEqual([]);
        return looked;
      },
      { what: 'a healthy installation' },
    ),
  );
  expect(report.skipped.map(({ enable }) => enable).join()).toContain('REPRISE_RABBITMQ_MANAGEMENT_URL');
  expect(report.checked).toBeGreaterThan(35);
});

test('what is broken is told, each with what mends it; mended, it is told no more', async () => {
  const { names } = reprise.broker;
  await reprise.register({
    workflow: 'needy',
    tasks: [
      { id: 'render', call: 'noop', queue: 'gpu' },
      { id: 'pay', call: 'pay.nobody', with: { key: '${{ secrets.NO_SUCH_KEY }}' } },
    ],
  });
  await reprise.request('POST', '/v1/queues/default/pause', { reason: 'the bank is down' });
  await reprise.database.query('drop index reprise.task_parked_at');
  const member = `insert into reprise.member (id, service, info, lease_until) values ($1, $2, $3, now() + $4::interval)`;
  await reprise.database.query(member, ['executor-of-old', 'executor', { version: '0.0.9' }, '10 minutes']);
  await reprise.database.query(member, ['executor-that-died', 'executor', {}, '-1 minute']);
  await reprise.broker.channel(async (channel) => {
    await channel.deleteQueue(names.delayQueue(0, 1));
    await channel.assertQueue(names.delayQueue(0, 1), {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-message-ttl': 77 },
    });
  });
  const report = await untilTold([
    ['broker.topology_drift', names.delayQueue(0, 1)],
    ['database.missing_index', 'task_parked_at'],
    ['services.versions', null],
    ['services.stale_member', 'executor-that-died'],
    ['services.queue_nobody_reads', 'gpu'],
    ['services.unhosted_call', 'pay.nobody'],
    ['services.secret_unset', 'NO_SUCH_KEY'],
    ['services.paused_queue', 'default'],
  ]);
  const { code } = await examine();
  expect(code).toBe(1);

  const index = found(report).find(({ rule }) => rule === 'database.missing_index');
  await reprise.database.query(index?.mend ?? '');
  await reprise.request('POST', '/v1/queues/default/resume');
  await reprise.request('DELETE', '/v1/workflows/needy');
  await reprise.database.query(
    `delete from reprise.member where id like 'executor-%' and id in ('executor-of-old', 'executor-that-died')`,
  );
  await reprise.broker.channel((channel) => channel.deleteQueue(names.delayQueue(0, 1)));
  await reprise.orTell(
    eventually(async () => expect(told((await examine()).report)).toEqual([['broker.missing_queue', names.delayQueue(0, 1)]]), {
      what: 'all but the queue that was taken away is mended',
    }),
  );
});

test('a scheduler that is stopped is missed, and so are the readers of its queues', async () => {
  await reprise.one('scheduler').stop();
  const { inboxQueue, timersQueue } = reprise.broker.names;
  await untilTold([
    ['services.missing', 'scheduler'],
    ['broker.no_consumer', inboxQueue(3)],
    ['broker.no_consumer', timersQueue],
  ]);
});
