-- Forgets the windows of rate limits that nobody has asked for so long that they hold nobody back: no span is longer than a day.
delete from reprise.rate where updated_at < now() - interval '2 days'
