-- What the running attempt has said of itself last, with the fence it ran under: `{"fence": 3, "at": milliseconds, "progress": …}`.
-- Under another fence it is an older attempt's, and nobody is shown it.
alter table reprise.task add column heartbeat json;
