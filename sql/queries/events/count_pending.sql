-- How many events are behind the sink's progress, up to a limit.
SELECT count(*) FROM (SELECT 1 FROM outbox WHERE id > $after ORDER BY id LIMIT $limit) AS pending
