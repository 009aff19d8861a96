-- The answer of a person has decided an approval. $1 approval, $2 who.
with decided as (
  update reprise.approval as a
  set state = 'decided', decision = w.decision, decided_by = w.answered_by, ended_at = w.answered_at
  from reprise.approval_answer as w
  where a.id = $1 and a.state = 'open' and w.approval_id = a.id and w.answered_by = $2
  returning a.id, a.ended_at, a.decision, a.decided_by, w.comment
)
insert into reprise.approval_event (approval_id, kind, number, at, detail)
select id, 'decided', 1, ended_at, json_build_object('decision', decision, 'by', decided_by, 'comment', comment) from decided
