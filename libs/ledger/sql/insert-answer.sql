-- What a person says to an approval, once; no row: they have said it before. The clock is read under the approval's lock.
-- $1 approval, $2 who, $3 decision, $4 form, $5 comment.
insert into reprise.approval_answer (approval_id, answered_by, decision, form, comment, answered_at)
values ($1, $2, $3, $4::json, $5, clock_timestamp())
on conflict do nothing
returning answered_by
