-- Ends approvals that nobody has decided; what people have decided stays. One array a column, one element an approval: runs, nodes, ats,
-- fences, 'expired' or 'closed', what that decides (null: nothing), epoch milliseconds.
with ended as (
  update reprise.approval as a
  set state = d.state, decision = d.decision, ended_at = reprise.at_ms(d.now)
  from unnest($1::uuid[], $2::int[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::float8[])
    as d (run_id, node, at, fence, state, decision, now)
  where a.run_id = d.run_id and a.node = d.node and a.at = d.at and a.fence = d.fence and a.state = 'open'
  returning a.id, a.state, a.decision, a.ended_at
)
insert into reprise.approval_event (approval_id, kind, number, at, detail)
select id, state, 1, ended_at, json_build_object('decision', decision) from ended
