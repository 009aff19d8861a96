import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RUN_STATUSES, TASK_STATUSES } from '@reprise/core';
import { TestDatabase } from '@reprise/testing';

type Columns = Readonly<Record<string, unknown>>;
let db: TestDatabase;

beforeAll(async () => {
  db = await TestDatabase.create();
});
afterAll(() => db.end());

const ID = 'gen_random_uuid()';
/** Rows as small as they may be; values are SQL. */
const GOOD: Readonly<Record<string, Columns>> = {
  run: {
    id: ID,
    workflow_id: ID,
    workflow: `'w'`,
    status: `'running'`,
    scope: `''`,
    trigger: `'api'`,
    input: `'{}'`,
    created_at: 'now()',
  },
  task: { run_id: ID, node: 0, at: `''`, status: `'pending'`, attempt: 0, fence: 1, created_at: 'now()' },
  attempt: { run_id: ID, node: 0, at: `''`, fence: 1, attempt: 1, outcome: `'failed'`, ended_at: 'now()' },
  idempotency: { scope: `'call'`, name: `'c'`, key: ID, fingerprint: `'f'`, run_id: ID, state: `'open'` },
  trigger_event: { source: `'s'`, id: ID, type: `'t'`, fingerprint: `'f'`, outcome: `'accepted'`, results: `'[]'` },
  repeated_event: { source: `'s'`, id: ID, outcome: `'duplicate'`, type: `'t'`, fingerprint: `'f'`, reason: `'r'`, count: 1 },
};

function insert(table: string, fields: Columns): Promise<unknown> {
  const row = { ...GOOD[table], ...fields };
  return db.query(`insert into reprise.${table} (${Object.keys(row).join(', ')}) values (${Object.values(row).join(', ')})`);
}

const LEASE = { claim: ID, lease_until: 'now()' };
const QUEUED = { queue: `'q'`, queued_at: 'now()' };

describe('the ledger takes', () => {
  test.each<[string, Columns]>([
    ...Object.keys(GOOD).map((table): [string, Columns] => [table, {}]),
    ['run', { status: `'failed'`, ended_at: 'now()', closing: `'timedOut'` }],
    ['task', { status: `'ready'`, ...QUEUED }],
    ['task', { status: `'running'`, ...LEASE }],
    ['task', { status: `'running'` }],
    ['task', { status: `'retrying'`, due_at: 'now()' }],
    ['task', { status: `'parked'`, parked_at: 'now()' }],
    ['task', { status: `'skipped'`, ended_at: 'now()' }],
    ['idempotency', { state: `'succeeded'`, expires_at: 'now()' }],
    ['idempotency', { scope: `'run'`, state: `'succeeded'`, expires_at: 'now()' }],
  ])('%s %j', async (table, fields) => {
    await insert(table, fields);
  });
});

describe('the ledger refuses', () => {
  test.each<[string, string, Columns]>([
    ['run', 'run_status', { status: `'done'` }],
    ['run', 'run_closing', { closing: `'succeeded'` }],
    ['run', 'run_ended', { ended_at: 'now()' }],
    ['run', 'run_ended', { status: `'succeeded'` }],
    ['run', 'run_ended', { status: `'cancelled'` }],
    ['task', 'task_status', { status: `'lost'` }],
    ['task', 'task_ready', { status: `'ready'` }],
    ['task', 'task_ready', { status: `'ready'`, queue: `'q'` }],
    ['task', 'task_ready', { status: `'ready'`, queued_at: 'now()' }],
    ['task', 'task_claimed', { status: `'ready'`, ...QUEUED, lease_until: 'now()' }],
    ['task', 'task_claimed', { status: `'running'`, claim: ID }],
    ['task', 'task_claimed', { status: `'running'`, lease_until: 'now()' }],
    ['task', 'task_claimed', { status: `'succeeded'`, ended_at: 'now()', ...LEASE }],
    ['task', 'task_claimed', { status: `'retrying'`, due_at: 'now()', ...LEASE }],
    ['task', 'task_claimed', { status: `'parked'`, parked_at: 'now()', ...LEASE }],
    ['task', 'task_due', { status: `'retrying'` }],
    ['task', 'task_ended', { status: `'running'`, ended_at: 'now()' }],
    ['task', 'task_ended', { status: `'succeeded'` }],
    ['task', 'task_ended', { status: `'cancelled'` }],
    ['task', 'task_parked', { status: `'parked'` }],
    ['task', 'task_parked', { parked_at: 'now()' }],
    ['attempt', 'attempt_outcome', { outcome: `'done'` }],
    ['idempotency', 'idempotency_scope', { scope: `'task'`, expires_at: 'now()' }],
    ['idempotency', 'idempotency_state', { state: `'failed'`, expires_at: 'now()' }],
    ['idempotency', 'idempotency_expiry', { expires_at: 'now()' }],
    ['idempotency', 'idempotency_expiry', { state: `'succeeded'` }],
    ['idempotency', 'idempotency_expiry', { scope: `'run'` }],
    ['trigger_event', 'trigger_event_outcome', { outcome: `'ignored'` }],
    ['repeated_event', 'repeated_event_outcome', { outcome: `'accepted'` }],
  ])('%s: %s %j', async (table, constraint, fields) => {
    await expect(insert(table, fields)).rejects.toMatchObject({ code: '23514', constraint });
  });

  test('the same key twice', async () => {
    for (const [table, columns] of Object.entries(GOOD)) {
      const [key, id] =
        table === 'idempotency'
          ? ['key', `'k'`]
          : [Object.keys(columns).find((name) => /id$/.test(name)) ?? '', `'018f0000-0000-7000-8000-000000000001'`];
      await insert(table, { [key]: id });
      await expect(insert(table, { [key]: id })).rejects.toMatchObject({ code: '23505' });
    }
  });
});

test('every status the core knows is one the ledger knows, and the other way round', async () => {
  const rows = await db.query<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
     where conname in ('run_status', 'task_status') and conrelid in ('reprise.run'::regclass, 'reprise.task'::regclass)`,
  );
  const known = Object.fromEntries(
    rows.map(({ name, definition }) => [name, [...definition.matchAll(/'(\w+)'::text/g)].map(([, status]) => status)]),
  );
  expect(known).toEqual({ run_status: [...RUN_STATUSES], task_status: [...TASK_STATUSES] });
});
