import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { armFaults, InjectedFault, Metrics, silentLogger, systemClock } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { History } from '../../test/history.js';
import { passOf } from '../../test/passes.js';
import { Retention } from './retention.js';

let db: TestDatabase;
let history: History;

beforeAll(async () => {
  db = await TestDatabase.create();
});
beforeEach(async () => {
  history = new History(db);
  await history.forget();
});
afterEach(() => armFaults(null));
afterAll(() => db.end());

describe('the leading monitor', () => {
  const retention = (metrics: Metrics, leads = true): Retention =>
    new Retention({
      begin: () => passOf(db),
      everyMs: 0,
      leads: () => leads,
      clock: systemClock,
      metrics,
      logger: silentLogger,
    });

  test('takes one step at a time, counts what it deletes, and says when it has come to the end', async () => {
    await history.run({ daysAgo: 20 });
    const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
    const runs = retention(metrics);
    await eventually(
      async () => {
        await runs.look();
        return /last_pass_timestamp_seconds\{[^}]*\} [1-9]/.test(await metrics.metricsText());
      },
      { what: 'a pass to end' },
    );
    expect(await metrics.metricsText()).toMatch(/reprise_retention_deleted_total\{[^}]*kind="run"[^}]*\} 1\n/);
  });

  test('alone does so', async () => {
    const id = await history.run({ daysAgo: 20 });
    const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
    const idle = retention(metrics, false);
    for (let round = 0; round < 5; round += 1) await idle.look();
    expect(await history.exists(id)).toBe(true);
  });

  test('begins anew when a step has failed', async () => {
    const id = await history.run({ daysAgo: 20 });
    const runs = retention(new Metrics({ service: 'monitor', nodeDefaults: false }));
    armFaults('retention.before-commit:throw');
    await eventually(
      () =>
        runs.look().then(
          () => false,
          (error: unknown) => error instanceof InjectedFault,
        ),
      { what: 'a step to fail' },
    );
    armFaults(null);
    await eventually(
      async () => {
        await runs.look();
        return !(await history.exists(id));
      },
      { what: 'the run to be gone' },
    );
  });
});
