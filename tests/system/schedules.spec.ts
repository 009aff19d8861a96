import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BackfillView, Page, RunSummary } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

let reprise: Installation;
beforeAll(async () => {
  reprise = await Installation.running();
  await reprise.startOne('trigger').ready();
});
afterAll(() => reprise.end());

/** Of a workflow, through the front door, newest first. */
async function runsOf(workflow: string) {
  return (await reprise.request<Page<RunSummary>>('GET', `/v1/runs?workflow=${workflow}`)).body.items;
}

test('what is scheduled runs at its time, once with two triggers, and knows which time it is', async () => {
  // Later than a slow machine has registered it.
  const at = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 10_000).toISOString().replace('.000Z', 'Z');
  await reprise.register(`
workflow: appointment
on:
  - schedule: { id: once, at: "${at}", input: { asked: "\${{ schedule.time }}" } }
tasks:
  note: { transform: { asked: "\${{ input.asked }}", for: "\${{ run.scheduledFor }}" } }
output: \${{ tasks.note.output }}`);
  const waiting = await reprise.request('GET', '/v1/schedules/appointment/once');
  expect(waiting).toMatchObject({ status: 200, body: { previous: null, last: [] } });
  const [run] = await reprise.orTell(
    eventually(async () => (await runsOf('appointment')).length > 0 && runsOf('appointment'), {
      what: 'the appointment is kept',
    }),
  );
  const view = await reprise.ended(run?.id ?? '');
  expect(view).toMatchObject({ trigger: 'schedule', output: { asked: at, for: at } });
  expect(view.scheduledFor).toBe(new Date(at).toISOString());
  expect(Date.parse(view.createdAt)).toBeGreaterThanOrEqual(Date.parse(at));
  const kept = await reprise.request('GET', '/v1/schedules/appointment%2Fonce');
  expect(kept.body).toMatchObject({ next: null, previous: view.scheduledFor, last: [{ run: view.id, outcome: 'accepted' }] });
  expect(await runsOf('appointment')).toHaveLength(1);
});

test('a night that was missed is made up for, one run after the other', async () => {
  await reprise.register(`
workflow: nightly-etl
on:
  - schedule:
      id: nightly
      cron: "30 2 * * *"
      timezone: Europe/Berlin
      input: { from: "\${{ schedule.previous }}", to: "\${{ schedule.time }}" }
tasks:
  load: { call: record, with: { step: load } }
output: \${{ input }}`);
  const range = { from: '2026-03-28T00:00:00Z', to: '2026-03-30T12:00:00Z' };
  const asked = await reprise.request<BackfillView>('POST', '/v1/schedules/nightly-etl/nightly/backfill', range);
  expect(asked).toMatchObject({ status: 202, body: { total: 3, parallel: 1 } });
  const path = `/v1/schedules/nightly-etl/nightly/backfills/${asked.body.id}`;
  const done = await reprise.orTell(
    eventually(
      async () => {
        const { body } = await reprise.request<BackfillView>('GET', path);
        return body.state === 'done' && body;
      },
      { what: 'the backfill is done' },
    ),
  );
  expect(done).toMatchObject({ started: 3, existing: 0, left: 0 });
  const views = await Promise.all((await runsOf('nightly-etl')).map(({ id }) => reprise.show(id)));
  const nights = views.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  // The night of the 29th has no 02:30: it fires when the clocks have been put forward.
  expect(nights.map(({ output }) => output)).toEqual([
    { from: '2026-03-27T01:30:00Z', to: '2026-03-28T01:30:00Z' },
    { from: '2026-03-28T01:30:00Z', to: '2026-03-29T01:00:00Z' },
    { from: '2026-03-29T01:00:00Z', to: '2026-03-30T00:30:00Z' },
  ]);
  for (const [index, { createdAt }] of nights.slice(1).entries()) {
    expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(Date.parse(nights[index]?.endedAt ?? ''));
  }
});
