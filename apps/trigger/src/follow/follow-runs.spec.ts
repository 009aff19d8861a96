import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger } from '@reprise/service';
import { eventually, registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { startTrigger } from '../trigger.module.js';

const broker = new TestBroker();
let db: TestDatabase;
const triggers: RunningService[] = [];

const LOAD = 'workflow: load\ntasks: { a: { transform: "${{ input }}" } }\noutput: { rows: "${{ input.rows }}" }';
const REPORT = `workflow: report
on:
  - workflow: { name: load, if: event.data.output.rows > 0, input: { of: "\${{ event.data.run }}", rows: "\${{ event.data.output.rows }}" } }
tasks: { a: { transform: 1 } }`;
const ECHO = 'workflow: echo\non: [{ workflow: { name: echo } }]\ntasks: { a: { transform: 1 } }';

beforeAll(async () => {
  db = await TestDatabase.create();
  for (const document of [LOAD, REPORT, ECHO]) await registerWorkflow(db.database, document);
  for (const _replica of [1, 2]) {
    const environment = {
      DATABASE_URL: db.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_WHEEL_LEVELS: '1',
      REPRISE_PORT: '0',
      REPRISE_DATABASE_POOL: '4',
    };
    const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
    const context = createServiceContext('trigger', readSettings(environment, 'trigger'), { logger: silentLogger, metrics });
    triggers.push(await startTrigger(context));
  }
});
afterAll(async () => {
  for (const trigger of triggers) expect((await trigger.close()).clean).toBe(true);
  await broker.end([]);
  await db.end();
});

async function start(workflow: string, input: object): Promise<string> {
  const answer = await fetch(`${triggers[0]?.url}/v1/workflows/${workflow}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input }),
  });
  return ((await answer.json()) as { id: string }).id;
}

const runsOf = (workflow: string) =>
  db.query<{ input: string; trigger: string }>('select input::text, trigger from reprise.run where workflow = $1 order by id', [
    workflow,
  ]);

test('the end of a run starts what follows from it once, with two triggers looking', async () => {
  const ids = await Promise.all([1, 2, 3].map((rows) => start('load', { rows })));
  await eventually(async () => expect(await runsOf('report')).toHaveLength(3), { what: 'three reports' });
  const inputs = (await runsOf('report')).map(({ input, trigger }) => ({ ...JSON.parse(input), trigger }));
  expect(inputs).toEqual(expect.arrayContaining(ids.map((of, index) => ({ of, rows: index + 1, trigger: 'workflow' }))));
  expect(await db.query('select 1 from reprise.completion')).toEqual([]);
});

test('what does not meet the condition is recorded with the reason, and starts nothing', async () => {
  const before = (await runsOf('report')).length;
  const id = await start('load', { rows: 0 });
  const seen = () => db.query<{ outcome: string }>('select outcome from reprise.trigger_event where subject = $1', [id]);
  await eventually(async () => expect(await seen()).toEqual([{ outcome: 'unmatched' }]), { what: 'the end, recorded' });
  expect(await runsOf('report')).toHaveLength(before);
});

test('workflows that follow each other in a circle come to an end', async () => {
  await start('echo', {});
  const refused = () => db.query(`select 1 from reprise.trigger_event where source = 'reprise/echo' and outcome = 'rejected'`);
  await eventually(async () => expect(await refused()).toHaveLength(1), { what: 'the circle, refused', timeoutMs: 90_000 });
  expect(await runsOf('echo')).toHaveLength(17);
});
