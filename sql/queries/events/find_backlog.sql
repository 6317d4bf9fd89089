-- How many rows wait for a sink, at most $limit, and since when; the oldest row of the outbox; the sink's dead letters.
SELECT (SELECT count(*) FROM (SELECT id FROM outbox WHERE id > $accepted LIMIT $limit) waiting),
       (SELECT created_at FROM outbox WHERE id > $accepted ORDER BY id LIMIT 1),
       (SELECT id FROM outbox WHERE id > 0 ORDER BY id LIMIT 1),
       (SELECT count(*) FROM dead_letters WHERE sink = $sink)
