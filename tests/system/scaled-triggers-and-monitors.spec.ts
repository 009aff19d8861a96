import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation, requestTo } from './installation.js';
import type { KeptService } from './kept-service.js';
import { metricValues } from './metric-values.js';

let reprise: Installation;
let triggers: readonly KeptService[];
let monitors: readonly KeptService[];
beforeAll(async () => {
  reprise = await Installation.create();
  triggers = [reprise.startOne('trigger'), reprise.startOne('trigger')];
  await Promise.all([...triggers.map((trigger) => trigger.ready()), reprise.start('scheduler', 'executor')]);
  monitors = [1, 2].map(() => reprise.startOne('monitor', { env: { REPRISE_LEASE: '3s' } }));
  await Promise.all(monitors.map((monitor) => monitor.ready()));
});
afterAll(() => reprise.end());

const instantsOf = (workflow: string) =>
  reprise.database.query<{ instant: number; ended: boolean }>(
    `select (origin ->> 'scheduledFor')::float8 as instant, ended_at is not null as ended from reprise.run where workflow = $1 order by 1`,
    [workflow],
  );

test('two monitors have one leader; when it is killed the other leads within the lease, and the gauges are its', async () => {
  const leading = async () => {
    const leads = await Promise.all(monitors.map(({ url }) => metricValues(url, 'reprise_leader', 'role')));
    return monitors.filter((_, index) => leads[index]?.get('monitor') === 1);
  };
  const shownBy = async ({ url }: KeptService) => [...(await metricValues(url, 'reprise_runs', 'status')).keys()].sort();
  const leader = await reprise.orTell(
    eventually(
      async () => {
        const [first, ...others] = await leading();
        if (first === undefined) return false;
        expect(others).toEqual([]);
        expect(await shownBy(first)).toEqual(['paused', 'queued', 'running']);
        return first;
      },
      { what: 'one monitor to lead and show the gauges' },
    ),
  );
  const other = monitors.find((monitor) => monitor !== leader);
  if (other === undefined) throw new Error('there is no other monitor');
  expect(await shownBy(other)).toEqual([]);
  await leader.kill('SIGKILL');
  monitors = [other];
  await reprise.orTell(
    eventually(
      async () => {
        expect(await leading()).toEqual([other]);
        expect(await shownBy(other)).toEqual(['paused', 'queued', 'running']);
      },
      // Lease and look are 4 s together; the rest is for a busy machine.
      { what: 'the other one to lead and show the gauges', timeoutMs: 30_000 },
    ),
  );
});

test('events are accepted by either trigger, and each starts one run however often and wherever it comes', async () => {
  await reprise.register({
    workflow: 'on-event',
    on: [{ event: 'thing.happened', input: '${{ event.data }}' }],
    tasks: { note: { transform: '${{ input.number }}' } },
  });
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  const { events } = reprise.broker.names;
  await reprise.broker.channel(async (channel) => {
    for (const number of [...numbers, ...numbers]) {
      const options = { persistent: true, messageId: `amqp-${number}`, appId: 'shop', contentType: 'application/json' };
      channel.publish(events, 'thing.happened', Buffer.from(JSON.stringify({ number })), options);
    }
  });
  const sent = numbers.slice(0, 20).map((number) => ({
    specversion: '1.0',
    id: `http-${number}`,
    source: 'shop',
    type: 'thing.happened',
    data: { number: 1_000 + number },
  }));
  for (const event of sent) {
    const answers = await Promise.all(
      triggers.map(({ url }) => requestTo(url, 'POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' })),
    );
    for (const { status, body } of answers)
      expect([200, 202, status === 200 || status === 202 ? status : body]).toContain(status);
  }
  const expected = [...numbers, ...sent.map(({ data }) => data.number)];
  const started = () =>
    reprise.database.query<{ number: number }>(
      `select (input ->> 'number')::int as number from reprise.run where workflow = 'on-event' order by 1`,
    );
  await reprise.orTell(
    eventually(async () => (await started()).length >= expected.length, { what: 'every event to have started its run' }),
  );
  await eventually(
    async () => {
      const [queue] = await reprise.broker.channel((channel) =>
        Promise.all([channel.checkQueue(reprise.broker.names.triggerQueue)]),
      );
      const counted = await Promise.all(triggers.map(({ url }) => metricValues(url, 'reprise_trigger_events_total', 'outcome')));
      expect(queue?.messageCount).toBe(0);
      const sum = (outcome: string) => counted.reduce((all, each) => all + (each.get(outcome) ?? 0), 0);
      expect({ accepted: sum('accepted'), duplicate: sum('duplicate') }).toEqual({ accepted: 220, duplicate: 220 });
      for (const each of counted) expect((each.get('accepted') ?? 0) + (each.get('duplicate') ?? 0)).toBeGreaterThan(20);
    },
    { what: 'both triggers to have taken events, half of them known already' },
  );
  expect((await started()).map(({ number }) => number)).toEqual(expected);
});

test('each instant of a schedule is fired once by two triggers, and goes on being fired when one of them is killed', async () => {
  await reprise.register(`
workflow: ticking
on:
  - schedule: { id: tick, cron: "* * * * * *", catchUp: all, overlap: allow }
tasks:
  note: { transform: "\${{ run.scheduledFor }}" }`);
  const fired = (count: number) =>
    reprise.orTell(eventually(async () => (await instantsOf('ticking')).length >= count, { what: `${count} firings` }));
  await fired(4);
  await triggers[0]?.kill('SIGKILL');
  const before = (await instantsOf('ticking')).length;
  await fired(before + 4);
  const paused = await requestTo(triggers[1]?.url ?? '', 'POST', '/v1/schedules/ticking/tick/pause');
  expect(paused.status).toBe(200);
  await eventually(async () => expect((await instantsOf('ticking')).filter(({ ended }) => !ended)).toEqual([]), {
    what: 'all runs to end',
  });
  const instants = (await instantsOf('ticking')).map(({ instant }) => instant);
  const [first = 0] = instants;
  expect(instants).toEqual(instants.map((_, index) => first + index * 1_000));
});
