-- Runs that are listed when nobody asks for probes of polls: there may be a million of those between two runs.
create index run_but_probes on reprise.run (id) where trigger <> 'probe';
