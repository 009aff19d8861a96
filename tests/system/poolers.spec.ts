import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import { Pooler } from './pooler.js';

/* All four services behind PgBouncer: by session it works, by transaction it cannot, and says so. */

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  const ended: PromiseSettledResult<unknown>[] = [];
  for (const end of endings.splice(0).reverse()) ended.push(...(await Promise.allSettled([end()])));
  expect(ended.filter(({ status }) => status === 'rejected')).toEqual([]);
});

async function behind(mode: 'session' | 'transaction'): Promise<{ pooler: Pooler; reprise: Installation }> {
  const pooler = await Pooler.running(mode);
  endings.push(() => pooler.end());
  const reprise = await Installation.create({ databaseUrl: (url) => pooler.through(url) });
  endings.push(() => reprise.end());
  return { pooler, reprise };
}

const WORKFLOW = {
  workflow: 'pooled',
  tasks: [
    { id: 'items', forEach: '${{ input.items }}', tasks: [{ id: 'work', call: 'slow', with: { ms: 100 } }] },
    { id: 'last', call: 'slow', with: { ms: 50 } },
  ],
};

test('a pooler by session changes nothing, not even when it is restarted in the middle of runs', async () => {
  const { pooler, reprise } = await behind('session');
  await reprise.start('trigger', 'scheduler', 'executor');
  await reprise.start('monitor');
  await reprise.register(WORKFLOW);
  const ids = await Promise.all(
    [1, 2, 3].map(() => reprise.startRun('pooled', { items: Array.from({ length: 20 }, (_, at) => at) })),
  );
  await eventually(() => reprise.recorder.of(ids[0] ?? '', 'commit').length > 3, { what: 'the first run to be in its middle' });
  await pooler.stop();
  await pooler.start();
  for (const id of ids) {
    await eventually(async () => (await reprise.show(id)).status === 'succeeded', {
      what: `run ${id} to succeed`,
      timeoutMs: 150_000,
    });
  }
});

test('behind a pooler by transaction a service does not start, and says what is needed', async () => {
  const { reprise } = await behind('transaction');
  const service = reprise.startOne('scheduler');
  await expect(service.ready()).rejects.toThrow('pool_mode = session');
});
