-- Runs that have ended, by when: retention walks them in this order, and sees at once whether a whole week of runs may go.
create index run_ended on reprise.run (ended_at) where ended_at is not null;
