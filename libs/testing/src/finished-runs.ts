/** Whatever runs SQL: a test's database, or a benchmark's. */
type Query = (text: string, values?: unknown[]) => Promise<unknown>;

const AT_ONCE = 100_000;
const TASKS_EACH = 5;
const WORKFLOWS = 10;

export interface FinishedRuns {
  readonly runs: number;
  /** They were created, one after the other, from so many days ago until now. */
  readonly days: number;
}

/**
 * Runs that have finished, as fast as Postgres writes, with all that runs leave behind: 5 tasks each, some failed attempts, effects, keys, events, logs,
 * commands and approvals; 1 in 25 failed, 1 in 200 was cancelled. Partitions for their weeks must be there.
 */
export async function insertFinishedRuns(query: Query, { runs, days }: FinishedRuns): Promise<void> {
  // Half a million rows a statement: a slow machine takes longer than the engine gives one.
  await query('set local statement_timeout = 0');
  await query(
    `insert into reprise.workflow (id, name, number, hash, document)
     select ('00000000-0000-4000-8000-' || lpad(g::text, 12, '0'))::uuid, 'flow-' || g, 1, 'hash', '{}' from generate_series(0, $1::int - 1) as g
     on conflict do nothing`,
    [WORKFLOWS],
  );
  await query(
    `insert into reprise.workflow_name (name, current) select name, id from reprise.workflow where name like 'flow-%' on conflict do nothing`,
  );
  for (let from = 0; from < runs; from += AT_ONCE) {
    const values = [from, Math.min(runs, from + AT_ONCE) - 1, runs, days];
    await query(`create temporary table past as ${PAST}`, values);
    for (const statement of STATEMENTS) await query(statement);
    await query('drop table past');
  }
}

const PAST = `
  select g, moment, case when g % 25 = 0 then 'failed' when g % 200 = 1 then 'cancelled' else 'succeeded' end as status,
    (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7abc8' || lpad(to_hex(g), 15, '0'))::uuid as id
  from (
    select g::int, now() - ($4::float8 * (1 - g::float8 / $3::int)) * interval '1 day' - interval '1 minute' as moment
    from generate_series($1::int, $2::int) as g
  ) as moments`;

const STATEMENTS = [
  `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, key, input, output, error, labels, created_at, started_at, ended_at)
   select id, ('00000000-0000-4000-8000-' || lpad((g % ${WORKFLOWS})::text, 12, '0'))::uuid, 'flow-' || g % ${WORKFLOWS}, status, 'sssss',
     case when g % 2 = 0 then 'event' else 'http' end, case when g % 5 = 0 then 'order-' || g end,
     json_build_object('order', g, 'note', repeat('n', 60)), case when status = 'succeeded' then json_build_object('total', g) end,
     case when status = 'failed' then '{"code": "HTTP_500", "message": "the shop is down", "task": "step4"}'::json end,
     jsonb_build_object('customer', 'c' || g % 10000, 'region', 'r' || g % 5), moment, moment, moment + interval '2 seconds'
   from past order by g`,
  `insert into reprise.task (run_id, node, at, status, attempt, fence, executor, created_at, queued_at, started_at, ended_at, queue, input, output)
   select id, node, '', case when status = 'failed' and node = ${TASKS_EACH - 1} then 'failed' else 'succeeded' end, 1, 2, 'worker-1/4711/9f8e7d6c',
     moment, moment, moment, moment + interval '1 second', 'default', json_build_object('step', node, 'order', g),
     json_build_object('ok', true, 'text', repeat('t', 60))
   from past, generate_series(0, ${TASKS_EACH - 1}) as node order by g, node`,
  `insert into reprise.attempt (run_id, node, at, fence, attempt, outcome, executor, queued_at, started_at, ended_at, error)
   select id, ${TASKS_EACH - 1}, '', 2, 1, 'failed', 'worker-1/4711/9f8e7d6c', moment, moment, moment, '{"code": "HTTP_500", "message": "the shop is down"}'
   from past where g % 10 = 0`,
  `insert into reprise.effect (run_id, node, at, name, state, key, policy, fence, claim, attempt, result)
   select id, 1, '', 'charge', 'committed', id || '/step1/charge', 'park', 2, gen_random_uuid(), 1, '{"id": "ch_1"}' from past where g % 20 = 0`,
  `insert into reprise.attempt_log (run_id, node, at, attempt, fence, part, lines)
   select id, 1, '', 1, 2, 0, '[{"at": 1, "level": "info", "message": "charged"}]' from past where g % 20 = 0`,
  `insert into reprise.idempotency (scope, name, key, fingerprint, run_id, state, result, expires_at)
   select 'run', 'flow-' || g % ${WORKFLOWS}, 'order-' || g, 'f', id, 'succeeded', null::json, moment + interval '7 days' from past where g % 5 = 0
   union all
   select 'call', 'cards.charge', 'order-' || g, 'f', id, 'succeeded', '{"id": "ch_1"}'::json, moment + interval '7 days' from past where g % 20 = 0`,
  `insert into reprise.trigger_event (source, id, type, fingerprint, outcome, results, received_at)
   select 'shop', 'order-' || g, 'order.paid', 'f', case when g % 50 = 0 then 'unmatched' else 'accepted' end,
     json_build_array(json_build_object('workflow', 'flow-' || g % ${WORKFLOWS}, 'kind', 'started', 'run', id)), moment
   from past where g % 2 = 0 order by g`,
  `insert into reprise.repeated_event (source, id, outcome, type, fingerprint, reason, count, received_at, last_at)
   select 'shop', 'order-' || g, case when g % 100 = 0 then 'conflict' else 'duplicate' end, 'order.paid', 'f', 'it was seen before', 1, moment, moment
   from past where g % 4 = 0 order by g`,
  `insert into reprise.command (id, run_id, kind, payload, asked_by, created_at, applied_at, result)
   select gen_random_uuid(), id, 'cancel', '{}', 'ann', moment, moment, 'applied' from past where g % 200 = 1`,
  `with asked as (
     insert into reprise.approval (id, run_id, node, at, fence, version, workflow, path, subject, assignees, four_eyes, required, state, ended_at, created_at)
     select gen_random_uuid(), id, 2, '', 1, id, 'flow-' || g % ${WORKFLOWS}, 'ask', 'May I?', '{ann}', false, 1, 'closed', moment, moment
     from past where g % 200 = 3 returning id, created_at
   ) insert into reprise.approval_event (approval_id, kind, number, at, look_at) select id, 'requested', 1, created_at, null from asked`,
];
