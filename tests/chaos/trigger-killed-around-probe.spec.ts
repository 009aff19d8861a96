import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { requestTo } from '../system/installation.js';
import { spendOnTriggers, underChaos } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

// Around the firing of a probe and around the taking of its end: not committed; committed but not told.
const faults = ['schedule', 'follow'].flatMap((what) =>
  ['before-commit', 'after-commit'].map((point) => `${what}.${point}:kill@1`),
);
const reprise = await underChaos();
afterAll(() => reprise.end(), END_WITHIN_MS);

const WATCHER = `workflow: watcher
on: [{ poll: { every: 1s, call: record, with: { step: "\${{ schedule.time }}" }, if: output.step == schedule.time } }]
tasks: { first: { call: record, with: { step: first } } }`;

interface Ended {
  readonly id: string;
  readonly instant: number;
  readonly status: string;
}

/** By one look: between two, an end could be acted on that neither of them shows. */
async function quiet(): Promise<{ readonly probes: readonly Ended[]; readonly runs: readonly Ended[] }> {
  const rows = await reprise.database.query<Ended & { readonly workflow: string; readonly noted: number }>(
    `select workflow, id, (origin ->> 'scheduledFor')::float8 as instant, status, (select count(*)::int from reprise.completion) as noted
     from reprise.run where workflow in ('watcher', 'watcher.poll.poll') order by 3, 2`,
  );
  const open = rows.filter(({ status }) => status !== 'succeeded').length;
  const noted = rows[0]?.noted ?? 0;
  if (open > 0 || noted > 0) throw new Error(`${open} runs have not succeeded, ${noted} ends are not acted on`);
  const of = (name: string) => rows.filter(({ workflow }) => workflow === name);
  return { probes: of('watcher.poll.poll'), runs: of('watcher') };
}

test(
  'triggers that die around a probe leave no instant with two of them, and no probe without its run or with a second one',
  async () => {
    await reprise.register(WATCHER);
    await spendOnTriggers(reprise, faults);
    const enough = async () => (await reprise.database.query(`select from reprise.run where workflow = 'watcher'`)).length > 3;
    await reprise.orTell(eventually(enough, { what: 'some probes have had their run', timeoutMs: PATIENCE_MS }));
    expect((await requestTo(reprise.one('trigger').url, 'POST', '/v1/schedules/watcher/poll/pause', {})).status).toBe(200);
    const { probes, runs } = await reprise.orTell(
      eventually(quiet, { what: 'every probe and every run succeeds', timeoutMs: PATIENCE_MS }),
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
