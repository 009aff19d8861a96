import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument, versionId } from '@reprise/core';
import { AdvanceStore } from '@reprise/ledger';
import { readSettings, systemClock } from '@reprise/service';
import { guardingOf, reported, SchedulerUnderTest, succeeded, ticketsOf } from '../../test/scheduler-under-test.js';
import { type Advanced } from './advanced.js';
import { DecideRun } from './decide-run.js';

let scheduler: SchedulerUnderTest;
beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

/** Does everything there is to do, in batches, until there is nothing more; what each item's attempt was given comes back. */
async function workOff(first: readonly Advanced[], output: (input: string) => unknown): Promise<readonly string[]> {
  const inputs: string[] = [];
  let advanced = first;
  for (let rounds = 0; rounds < 50; rounds += 1) {
    const tickets = ticketsOf(advanced);
    const again = advanced.flatMap(({ run, decision }) =>
      decision.messages.flatMap((message) =>
        message.kind === 'again'
          ? [
              {
                kind: 'wake',
                run: run.id,
                version: versionId(run.id),
                node: message.node,
                at: message.at,
                fence: message.fence,
              } as const,
            ]
          : [],
      ),
    );
    if (tickets.length === 0 && again.length === 0) return inputs;
    const working = await scheduler.claim(tickets);
    inputs.push(...working.map(({ claimed }) => claimed.input));
    const outcomes = working.map((each) => reported(each, succeeded(output(each.claimed.input))));
    advanced = await scheduler.advance([...outcomes, ...again]);
  }
  throw new Error('there is no end to it');
}

describe('a decision about a forEach of 250 items with large outputs', () => {
  test('fetches slices of the list as slots free up, what expressions read, and the results at the end', async () => {
    const document = `
workflow: pages
tasks:
  list: { call: pages.list }
  page:
    needs: [list]
    forEach: { in: "\${{ tasks.list.output }}", parallel: 40 }
    tasks:
      fetch: { call: pages.fetch, with: { url: "\${{ each.value.url }}", all: "\${{ size(input.text) }}" } }
      store: { needs: [fetch], call: pages.store, with: { size: "\${{ size(tasks.fetch.output.body) }}", index: "\${{ each.index }}" } }
    output: { stored: "\${{ tasks.store.output }}", body: "\${{ tasks.fetch.output.body }}" }
  sum: { needs: [page], transform: "\${{ size(tasks.page.output) }}" }
output: { count: "\${{ tasks.sum.output }}", last: "\${{ tasks.page.output[249].stored }}", failed: "\${{ size(tasks.page.items.filter(item, item.status != 'succeeded')) }}" }`;
    const { run, tickets } = await scheduler.start(document, { text: 'x'.repeat(5_000) });
    const list = Array.from({ length: 250 }, (_, index) => ({ url: `https://example.org/${index}?${'q'.repeat(50)}` }));
    const first = await scheduler.advance([reported(await scheduler.claimOne(tickets), succeeded(list))]);
    expect(ticketsOf(first).length).toBe(40);
    const inputs = await workOff(first, (input) => {
      const given = JSON.parse(input) as { url?: string; index?: number };
      return given.url === undefined ? given.index : { body: 'b'.repeat(4_000) };
    });
    expect(inputs.length).toBe(500);
    expect(inputs).toContain(JSON.stringify({ url: list[249]?.url, all: 5_000 }));
    expect(inputs).toContain(JSON.stringify({ size: 4_000, index: 249 }));
    const ended = await scheduler.run(run);
    expect([ended.status, JSON.parse(ended.output ?? 'null')]).toEqual(['succeeded', { count: 250, last: 249, failed: 0 }]);
  });

  test('fails the list, not the scheduler, when its results are too large together', async () => {
    const { run, tickets } = await scheduler.start(
      'workflow: huge\ntasks: { page: { forEach: { in: input, parallel: 100 }, call: pages.fetch } }\noutput: "${{ tasks.page.output }}"',
      Array.from({ length: 20 }, (_, index) => index),
    );
    const working = await scheduler.claim(tickets);
    await scheduler.advance(working.map((each) => reported(each, succeeded('x'.repeat(900_000)))));
    const ended = await scheduler.run(run);
    expect(ended.status).toBe('failed');
    expect(ended.error).toMatch(/bytes|large/);
  });
});

describe('a cancel', () => {
  test('fetches every row that is still open, and only those', async () => {
    const { run, tickets } = await scheduler.start(
      'workflow: wide\ntasks: { page: { forEach: { in: input, parallel: 100 }, call: pages.fetch } }',
      Array.from({ length: 60 }, (_, index) => index),
    );
    const working = await scheduler.claim(tickets.slice(0, 20));
    await scheduler.advance(working.slice(0, 10).map((each) => reported(each, succeeded())));
    await scheduler.runs.abort(run, 'stop');
    const counts = await scheduler.db.query(
      'select status, cancelling, count(*)::int as n from reprise.task where run_id = $1 and at <> $2 group by 1, 2 order by 1, 2',
      [run, ''],
    );
    expect(counts).toEqual([
      { status: 'cancelled', cancelling: false, n: 40 },
      { status: 'running', cancelling: true, n: 10 },
      { status: 'succeeded', cancelling: false, n: 10 },
    ]);
  });
});

test('a decision that needs what the ledger does not have ends with an error instead of asking for ever', async () => {
  const document =
    'workflow: holes\ntasks: [{ id: a, call: shop.a }, { id: b, call: shop.b }, { id: c, call: shop.c, with: "${{ tasks.a.output }}" }]';
  const { run, tickets } = await scheduler.start(document);
  const { workflow } = parsedOf(document);
  const incompressible = Array.from({ length: 400 }, () => systemClock.uuid()).join('');
  const next = ticketsOf(await scheduler.advance([reported(await scheduler.claimOne(tickets), succeeded(incompressible))]));
  const { claimed } = await scheduler.claimOne(next);
  const { node, at, claim } = claimed;
  const deciding = scheduler.db.database.transaction(async (session) => {
    const store = new AdvanceStore(session);
    const blind = Object.assign(Object.create(store) as AdvanceStore, { loadOutput: async () => null });
    const { runs, now } = await store.lockRuns([run]);
    const [locked] = runs;
    if (locked === undefined) throw new Error('no such run');
    const inputs = [{ kind: 'outcome', node, at, fence: claimed.fence, claim, outcome: succeeded() }] as const;
    const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
    const settings = readSettings({}, 'scheduler');
    const guarding = guardingOf(scheduler.db.database, settings);
    return new DecideRun(blind, limits, guarding).decide({
      run: locked.run,
      version: locked.version,
      workflow,
      tasks: new Map(),
      inputs,
      now,
      units: [0.5],
    });
  });
  await expect(deciding).rejects.toThrow(`run ${run}: the ledger has no text`);
});

function parsedOf(document: string) {
  const parsed = parseDocument(document);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  return parsed;
}
