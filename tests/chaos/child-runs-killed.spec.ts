import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import { deathsOf, SHORT_LEASE } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

const PARENTS = 12;
const ITEMS = 4;
const AT_ONCE = 3;
// The trigger has started children but told nobody, or has told but not acknowledged. The scheduler has ended a run (and so freed its
// place, and owes its parent a word) but told nobody.
const triggerFaults = [4, 7, 10].map((hit) => `trigger.after-commit:kill@${hit}`);
const schedulerFaults = [3, 9].flatMap((hit) => [`scheduler.after-commit:kill@${hit}`, `scheduler.before-publish:kill@${hit}`]);

const reprise = await Installation.create({ lease: SHORT_LEASE });
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'every task gets one run and its end, and no more hold a place than may, whoever dies between a commit and its message',
  async () => {
    await Promise.all([
      reprise.startOne('trigger', { restart: true }).ready(),
      reprise.startOne('executor', { restart: true }).ready(),
      reprise.startOne('scheduler', { restart: true, faults: schedulerFaults }).ready(),
    ]);
    await reprise.startOne('monitor', { restart: true }).ready();
    await reprise.register({
      workflow: 'item',
      concurrency: { limit: AT_ONCE },
      tasks: { work: { call: 'echo', with: '${{ input }}' } },
      output: '${{ tasks.work.output.n }}',
    });
    await reprise.register({
      workflow: 'parent',
      tasks: {
        all: { forEach: Array.from({ length: ITEMS }, (_, index) => index), workflow: 'item', with: { n: '${{ each.value }}' } },
      },
      output: '${{ tasks.all.output }}',
    });
    await watchPlaces();
    // Registering came before the fault.
    await reprise.one('trigger').stop();
    await reprise.startOne('trigger', { restart: true, faults: triggerFaults }).ready();

    for (let count = 0; count < PARENTS; count += 1) {
      await eventually(
        () =>
          reprise
            .startRun('parent', {}, { 'idempotency-key': `parent-${count}` })
            .then(() => true)
            .catch(() => false),
        { what: `parent ${count} is started`, timeoutMs: PATIENCE_MS },
      );
    }
    const ended = async () => {
      const [row] = await reprise.database.query<{ ended: number }>(
        `select count(*)::int as ended from reprise.run where workflow = 'parent' and ended_at is not null`,
      );
      return row?.ended === PARENTS;
    };
    await reprise.orTell(eventually(ended, { what: `${PARENTS} parents end`, timeoutMs: PATIENCE_MS }));

    const parents = await reprise.database.query<{ status: string; output: string }>(
      `select status, output from reprise.run where workflow = 'parent'`,
    );
    expect(parents.map(({ status, output }) => `${status} ${output}`)).toEqual(Array(PARENTS).fill('succeeded [0,1,2,3]'));
    const children = await reprise.database.query<{ status: string; task: string }>(
      `select status, (origin -> 'parent' ->> 'run') || '/' || (origin -> 'parent' ->> 'at') as task
       from reprise.run where workflow = 'item'`,
    );
    expect(children.map(({ status }) => status)).toEqual(Array(PARENTS * ITEMS).fill('succeeded'));
    expect(new Set(children.map(({ task }) => task)).size).toBe(PARENTS * ITEMS);
    expect(await mostAtOnce()).toBeLessThanOrEqual(AT_ONCE);
    for (const table of ['slot', 'tree', 'notice']) {
      const isEmpty = async () => (await reprise.database.query(`select 1 from reprise.${table}`)).length === 0;
      await reprise.orTell(eventually(isEmpty, { what: `nothing is left in ${table}`, timeoutMs: PATIENCE_MS }));
    }
    expect(deathsOf(reprise.all('trigger')) + deathsOf(reprise.all('scheduler'))).toBeGreaterThanOrEqual(2);
  },
  TEST_WITHIN_MS,
);

/**
 * Has the ledger count the runs under way whenever one begins or ends. The stamps of two runs do not tell: processes write them, whose clocks
 * are a little behind each other.
 */
async function watchPlaces(): Promise<void> {
  await reprise.database.query('create table public.at_once (runs int)');
  await reprise.database.query(`create function public.count_at_once() returns trigger language plpgsql security definer as $$ begin
    insert into public.at_once
      select count(*) from reprise.run where workflow = 'item' and ended_at is null and status <> 'queued';
    return null; end $$`);
  await reprise.database.query(
    'create trigger count_at_once after insert or update on reprise.run for each statement execute function public.count_at_once()',
  );
}

async function mostAtOnce(): Promise<number | undefined> {
  return (await reprise.database.query<{ most: number }>('select max(runs) as most from public.at_once'))[0]?.most;
}
