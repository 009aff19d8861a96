import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { requestTo } from '../system/installation.js';
import { deathsOf, underChaos } from './faults.js';
import { TEST_WITHIN_MS } from './load.js';

// Around the firing of a probe and around the taking of its end: not committed; committed but not told.
const faults = ['schedule', 'follow'].flatMap((what) =>
  ['before-commit', 'after-commit'].map((point) => `${what}.${point}:kill@1`),
);
const reprise = await underChaos();
const triggers = Array.from({ length: 2 }, () => reprise.startOne('trigger', { restart: true, faults }));
afterAll(() => reprise.end(), 60_000);

const WATCHER = `workflow: watcher
on: [{ poll: { every: 1s, call: record, with: { step: "\${{ schedule.time }}" }, if: output.step == schedule.time } }]
tasks: { first: { call: record, with: { step: first } } }`;

interface Ended {
  readonly id: string;
  readonly instant: number;
  readonly status: string;
}

const runsOf = (workflow: string) =>
  reprise.database.query<Ended>(
    `select id, (origin ->> 'scheduledFor')::float8 as instant, status from reprise.run where workflow = $1 order by 2, 1`,
    [workflow],
  );

/** Whichever trigger lives. */
async function pause(): Promise<void> {
  await eventually(
    async () => {
      for (const { url } of triggers) {
        const answer = await requestTo(url, 'POST', '/v1/schedules/watcher/poll/pause', {}).catch(() => null);
        if (answer !== null && (answer.status < 300 || answer.status === 409)) return true;
      }
      return false;
    },
    { what: 'the poll is paused', timeoutMs: 60_000 },
  );
}

test(
  'triggers that die around a probe leave no instant with two of them, and no probe without its run or with a second one',
  async () => {
    await Promise.all(triggers.map((trigger) => trigger.ready()));
    await reprise.register(WATCHER);
    await reprise.orTell(
      eventually(() => deathsOf(triggers) >= 2 * faults.length, {
        what: `all ${2 * faults.length} faults have struck`,
        timeoutMs: 240_000,
      }),
    );
    await pause();
    const [probes, runs] = await reprise.orTell(
      eventually(
        async () => {
          const all = [await runsOf('watcher.poll.poll'), await runsOf('watcher')] as const;
          const open = all.flat().filter(({ status }) => status !== 'succeeded').length;
          const noted = (await reprise.database.query('select 1 from reprise.completion')).length;
          if (open > 0 || noted > 0) throw new Error(`${open} runs have not succeeded, ${noted} ends are not acted on`);
          return all;
        },
        { what: 'every probe and every run succeeds', timeoutMs: 120_000 },
      ),
    );
    expect(probes.length).toBeGreaterThan(3);
    expect(new Set(probes.map(({ instant }) => instant)).size).toBe(probes.length);
    expect(runs.map(({ instant }) => instant)).toEqual(probes.map(({ instant }) => instant));
    const made = reprise.recorder.effects.filter(({ phase }) => phase === 'commit').map(({ run }) => run);
    expect(new Set(made)).toEqual(new Set([...probes, ...runs].map(({ id }) => id)));
    const [events] = await reprise.database.query(
      `select count(*)::int as events, count(distinct results -> 0 ->> 'run')::int as runs from reprise.trigger_event
       where source = 'poll/watcher/poll' and type = 'poll.ended' and outcome = 'accepted'`,
    );
    expect(events).toEqual({ events: probes.length, runs: probes.length });
  },
  TEST_WITHIN_MS,
);
