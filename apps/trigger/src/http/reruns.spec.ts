import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runId } from '@reprise/core';
import { ALL_RUNS, BatchStore, RunViews, WorkflowStore } from '@reprise/ledger';
import { armFaults, systemClock } from '@reprise/service';
import { eventually } from '@reprise/testing';
import { TriggerPipelines } from '../../test/trigger-pipelines.js';
import type { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import type { RerunRequest, StartAnswer } from '../starts/start-request.js';

let triggers: TriggerPipelines;
let pipeline: TriggerPipeline;
beforeAll(async () => {
  triggers = await TriggerPipelines.create(0);
  pipeline = await triggers.start();
});
afterAll(() => triggers.end());

const THREE = 'tasks: { a: { call: x.a }, b: { needs: [a], call: x.b }, c: { needs: [b], call: x.c } }';

async function ask(request: Parameters<TriggerPipeline['answerAndTell']>[0][number]): Promise<StartAnswer> {
  const [answer] = await pipeline.answerAndTell([request]);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}
async function begin(workflow: string, input: Record<string, string> = { n: '1' }): Promise<string> {
  const labels = { team: 'red' };
  const answer = await ask({ kind: 'start', workflow, version: null, input, labels, key: null, via: 'http' });
  if (answer.kind !== 'started') throw new Error(JSON.stringify(answer));
  return answer.run;
}
/** Nobody executes anything here: `a` and `b` have given what they gave, and the run ends. */
async function end(run: string, scope = 'ssf', status = 'failed'): Promise<void> {
  await triggers.db.query(
    `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at, output)
     select $1::uuid, node, '', 'succeeded', 1, 1, now(), now(), to_json('from ' || node)
     from generate_series(0, 1) as node
     on conflict (run_id, node, at) do update set status = 'succeeded', ended_at = now(), output = excluded.output, watch_at = null`,
    [run],
  );
  await triggers.db.query('update reprise.run set status = $2, scope = $3, ended_at = now(), watch_at = null where id = $1', [
    run,
    status,
    scope,
  ]);
}
async function ended(workflow: string, ...rest: [scope?: string, status?: string]): Promise<string> {
  const run = await begin(workflow);
  await end(run, ...rest);
  return run;
}
const rerun = (run: string, fields: Partial<RerunRequest> = {}): RerunRequest => ({
  kind: 'rerun',
  run: runId(run),
  version: null,
  from: null,
  key: null,
  startedBy: 'ann',
  ...fields,
});
async function again(run: string, fields: Partial<RerunRequest> = {}): Promise<string> {
  const answer = await ask(rerun(run, fields));
  if (answer.kind !== 'started') throw new Error(JSON.stringify(answer));
  return answer.run;
}
const view = async (run: string) => {
  const found = await new RunViews(triggers.db.database).find(runId(run));
  if (found === null) throw new Error(`no run ${run}`);
  return found;
};

describe('a run wanted again', () => {
  test('is a run of its own of the same version, with the same input and labels, that says which one it repeats', async () => {
    await triggers.registerText(`workflow: same\n${THREE}`);
    const run = await ended('same');
    const { versionNumber } = await view(run);
    await triggers.registerText('workflow: same\ntasks: { a: { call: x.other } }');
    const second = await view(await again(run));
    expect(second).toMatchObject({ rerunOf: run, input: { n: '1' }, labels: { team: 'red' }, trigger: 'rerun', versionNumber });
    expect([second.status, second.tasks.map(({ status }) => status)]).toEqual(['running', ['ready', 'pending', 'pending']]);
    const latest = await view(await again(run, { version: 'latest' }));
    expect(latest.versionNumber).toBe((versionNumber ?? 0) + 1);
    expect((await view(await again(run, { version: `${versionNumber}` }))).versionNumber).toBe(versionNumber);
  });

  test('is one run for one key, and with another wish a conflict', async () => {
    await triggers.registerText(`workflow: keys\n${THREE}`);
    const run = await ended('keys');
    const first = await ask(rerun(run, { key: 'k1' }));
    expect(first).toMatchObject({ kind: 'started' });
    expect(await ask(rerun(run, { key: 'k1' }))).toMatchObject({ kind: 'exists', run: 'run' in first ? first.run : '' });
    expect(await ask(rerun(run, { key: 'k1', from: 'b' }))).toMatchObject({ kind: 'conflict' });
  });

  test('is refused while the run has not ended, when there is none, and when its workflow is archived', async () => {
    await triggers.registerText(`workflow: open\n${THREE}`);
    const run = await begin('open');
    expect(await ask(rerun(run))).toEqual({ kind: 'open-run', run, status: 'running' });
    const nobody = '01890000-0000-7000-8000-00000000dead';
    expect(await ask(rerun(nobody))).toEqual({ kind: 'no-run', run: nobody });
    await end(run);
    expect(await ask(rerun(run, { version: '9.9.9' }))).toMatchObject({ kind: 'unknown' });
    await new WorkflowStore(triggers.db.database).archive('open');
    expect(await ask(rerun(run))).toMatchObject({ kind: 'archived' });
  });

  test('must fit the input of the version it is to run on', async () => {
    await triggers.registerText(`workflow: strict\n${THREE}`);
    const run = await ended('strict');
    await triggers.registerText(
      `workflow: strict\ninput: { type: object, required: [m], properties: { m: { type: string } } }\n${THREE}`,
    );
    expect(await ask(rerun(run, { version: 'latest' }))).toMatchObject({ kind: 'invalid' });
    expect(await ask(rerun(run))).toMatchObject({ kind: 'started' });
  });
});

describe('a run wanted again from a task', () => {
  test('has the results of what came before it, and waits for a scheduler to go on from them', async () => {
    await triggers.registerText(`workflow: from\n${THREE}`);
    const run = await ended('from');
    const second = await again(run, { from: 'b' });
    const { status, tasks } = await view(second);
    expect([status, tasks.map((task) => [task.path, task.status])]).toEqual([
      'queued',
      [
        ['a', 'succeeded'],
        ['b', 'pending'],
        ['c', 'pending'],
      ],
    ]);
    expect(tasks[0]).toMatchObject({
      output: 'from 0',
      attempt: 0,
      attempts: [],
      whyText: `not run again: its result is that of run ${run}`,
    });
    const history = await new RunViews(triggers.db.database).history(runId(second), { cursor: null, limit: 10 });
    if (history.kind !== 'page') throw new Error(history.kind);
    expect(history.page.items.map(({ kind, task }) => [kind, task])).toEqual([
      ['run.started', null],
      ['task.reused', 'a'],
    ]);
    const rows = await triggers.db.query('select watch_at > now() as watched from reprise.run where id = $1', [second]);
    expect(rows).toEqual([{ watched: true }]);
  });

  test('must name a task of the root, of a run that was not undone', async () => {
    await triggers.registerText(`workflow: names\n${THREE}`);
    const run = await ended('names');
    expect(await ask(rerun(run, { from: 'B' }))).toEqual({ kind: 'unknown-task', from: 'B', known: ['a', 'b', 'c'] });
    await triggers.db.query(`update reprise.run set progress = '{"compensated":true}' where id = $1`, [run]);
    expect(await ask(rerun(run, { from: 'b' }))).toEqual({ kind: 'compensated', run });
    expect(await ask(rerun(run))).toMatchObject({ kind: 'started' });
  });

  test('takes its place in the queue of its concurrency key like any other', async () => {
    await triggers.registerText(`workflow: narrow\nconcurrency: { limit: 1, overlap: queue }\n${THREE}`);
    const run = await ended('narrow');
    await triggers.db.query('delete from reprise.slot where run_id = $1', [run]);
    const [first, second] = [await again(run, { from: 'c' }), await again(run, { from: 'c' })];
    const slots = await triggers.db.query<{ run_id: string; state: string }>(
      `select run_id, state from reprise.slot where workflow = 'narrow' order by run_id`,
    );
    expect(slots).toEqual([
      { run_id: first, state: 'held' },
      { run_id: second, state: 'waiting' },
    ]);
    expect((await view(second)).tasks.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'pending']);
  });
});

describe('runs wanted again in a batch', () => {
  const create = async (workflow: string, rate: number): Promise<string> => {
    const id = systemClock.uuidv7();
    const filter = { ...ALL_RUNS, workflow };
    await batches().insert({ id, action: 'rerun', filter, rate, reason: null, askedBy: 'ann' });
    return id;
  };
  const batches = () => new BatchStore(triggers.db.database);
  const finish = (id: string) =>
    eventually(async () => (await batches().find(id))?.state === 'done', { what: 'the batch to come to its end' });

  test('start once each, whatever dies on the way; the new ones are not repeated', async () => {
    await triggers.registerText(`workflow: many\n${THREE}`);
    const runs = [];
    for (let count = 0; count < 5; count += 1) runs.push(await ended('many'));
    await begin('many');
    armFaults('schedule.before-commit:throw@1,schedule.after-commit:throw@2');
    const id = await create('many', 2);
    await finish(id).finally(() => armFaults(null));
    expect(await batches().find(id)).toMatchObject({
      matched: 6,
      done: 5,
      skipped: { count: 1, reasons: { not_ended: 1 } },
      failed: { count: 0 },
    });
    const repeated = await triggers.db.query<{ of: string; by: string }>(
      `select origin ->> 'rerunOf' as of, origin ->> 'startedBy' as by from reprise.run
       where workflow = 'many' and trigger = 'rerun' order by 1`,
    );
    expect(repeated).toEqual([...runs].sort().map((of) => ({ of, by: 'ann' })));
  });

  test('that cannot start are counted with why', async () => {
    await triggers.registerText(`workflow: gone\n${THREE}`);
    await ended('gone');
    await new WorkflowStore(triggers.db.database).archive('gone');
    const id = await create('gone', 10);
    await finish(id);
    expect(await batches().find(id)).toMatchObject({ done: 0, failed: { count: 1, reasons: { archived: 1 } } });
  });
});
