import { expect, test } from '@jest/globals';
import { WorkflowStore } from '@reprise/ledger';
import { silentLogger } from '@reprise/service';
import { registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { ActiveWorkflows } from '../definitions/active-workflows.js';
import type { AskedRequest, StartRuns } from '../starts/start-runs.js';
import { FollowRuns } from './follow-runs.js';

const follower = (status: string): string =>
  `workflow: report\non: [{ workflow: { name: load, status: ${status} } }]\ntasks: { a: { transform: 1 } }`;

test('an end is decided on by what was registered before it was taken, however shortly', async () => {
  await using db = await TestDatabase.create(4);
  const load = await registerWorkflow(db.database, 'workflow: load\ntasks: { a: { call: x } }');
  await registerWorkflow(db.database, follower('failed'));
  const [run] = await startRuns(db.database, load, [{}]);
  await db.query(`update reprise.run set status = 'succeeded', ended_at = now(), watch_at = null where id = $1`, [run?.run]);
  await db.query(
    `insert into reprise.completion (run_id, status, workflow, ended_at) select id, status, workflow, ended_at from reprise.run where id = $1`,
    [run?.run],
  );
  const asked: AskedRequest[] = [];
  const starts: Pick<StartRuns, 'startAsked'> = {
    // All that a look does before its transaction is done: now somebody registers.
    startAsked: async (rows) => {
      await registerWorkflow(db.database, follower('succeeded'));
      await db.database.transaction(async (session) => void asked.push(...(await rows.ask(session, new Map()))));
      return { answers: [], told: Promise.resolve() };
    },
  };
  await new FollowRuns({ starts, active: new ActiveWorkflows(new WorkflowStore(db.database)), logger: silentLogger }).look();
  expect(asked.map((request) => request.kind === 'triggered' && request.targets.map(({ workflow }) => workflow.name))).toEqual([
    ['report'],
  ]);
});
