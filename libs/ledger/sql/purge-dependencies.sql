-- Forgets dependencies that are well and of which nobody has heard for days.
delete from reprise.dependency where not troubled and updated_at < now() - interval '2 days'
