import { afterAll, expect, test } from '@jest/globals';
import { instantText } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { requestTo } from '../system/installation.js';
import { spendOnTriggers, underChaos } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

// Not committed; committed but not told; and both again, in each of two triggers that look at the same schedules.
const faults = [1, 2].flatMap((hit) => ['before-commit', 'after-commit'].map((point) => `schedule.${point}:kill@${hit}`));
const reprise = await underChaos();
afterAll(() => reprise.end(), END_WITHIN_MS);

const DAYS = 30;
const FIRST = Date.parse('2026-01-01T00:00:00Z');
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

const ticking = (id: string, timing: string): string =>
  `workflow: ${id}\non: [{ schedule: { id: s, ${timing}, catchUp: all, overlap: allow } }]\ntasks: { first: { call: record, with: { step: first } } }`;

async function ask(path: string, body?: unknown): Promise<void> {
  const answer = await requestTo(reprise.one('trigger').url, 'POST', `/v1/schedules/${path}`, body);
  expect([path, answer.status < 300]).toEqual([path, true]);
}

interface TickRow {
  readonly id: string;
  readonly instant: number;
  readonly status: string;
}

const ticksOf = (workflow: string): Promise<TickRow[]> =>
  reprise.database.query<TickRow>(
    `select id, (origin ->> 'scheduledFor')::float8 as instant, status from reprise.run where workflow = $1 order by 2`,
    [workflow],
  );

async function allSucceed(workflow: string, count: number): Promise<readonly number[]> {
  const ticks = await reprise.orTell(
    eventually(
      async () => {
        const rows = await ticksOf(workflow);
        const open = rows.filter(({ status }) => status !== 'succeeded');
        if (rows.length < count || open.length > 0)
          throw new Error(`${rows.length} runs of ${workflow}, ${open.length} not succeeded`);
        return rows;
      },
      { what: `every run of ${workflow} succeeds`, timeoutMs: PATIENCE_MS },
    ),
  );
  return ticks.map(({ instant }) => instant);
}

test(
  'triggers that die around a firing leave no instant without its run, and give none a second one',
  async () => {
    await reprise.register(ticking('daily', 'cron: "0 0 * * *", end: 2026-02-01T00:00:00Z'));
    await reprise.register(ticking('ticks', 'every: 1s'));
    await ask('daily/s/backfill', { from: instantText(FIRST), to: instantText(FIRST + (DAYS - 1) * DAY_MS), parallel: 3 });
    await spendOnTriggers(reprise, faults);
    // It makes up for what nobody was there to fire.
    const enough = async () => (await ticksOf('ticks')).length >= 5;
    await reprise.orTell(eventually(enough, { what: 'some instants have had their run', timeoutMs: PATIENCE_MS }));
    await ask('ticks/s/pause', {});
    const ticks = await allSucceed('ticks', 5);
    const first = ticks[0] ?? 0;
    expect(ticks).toEqual(ticks.map((_, index) => first + index * SECOND_MS));
    expect(await allSucceed('daily', DAYS)).toEqual(Array.from({ length: DAYS }, (_, index) => FIRST + index * DAY_MS));
    const recorded = reprise.recorder.effects.filter(({ phase }) => phase === 'commit').map(({ run }) => run);
    expect(new Set(recorded).size).toBe(ticks.length + DAYS);
    const [events] = await reprise.database.query(
      `select count(*)::int as events, count(distinct results -> 0 ->> 'run')::int as runs from reprise.trigger_event where outcome = 'accepted'`,
    );
    expect(events).toEqual({ events: ticks.length + DAYS, runs: ticks.length + DAYS });
  },
  TEST_WITHIN_MS,
);
