-- What people ask for among a million finished runs and events, where without an index all of them would be looked at.
create index run_failed on reprise.run (status, id) where status in ('failed', 'cancelled');
create index trigger_event_outcome on reprise.trigger_event (outcome, number) where outcome <> 'accepted';
create index trigger_event_type on reprise.trigger_event (type, number);
