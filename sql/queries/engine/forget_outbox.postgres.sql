-- As forget_outbox.sql; also keeps the mark from which on the audit expects all events.
WITH gone AS (
  DELETE FROM outbox
  WHERE id <= (SELECT max(id) FROM (SELECT id FROM outbox ORDER BY id LIMIT $limit) first)
    AND (created_at < $before OR id <= $accepted)
  RETURNING id, created_at),
mark AS (
  UPDATE meta SET value = greatest(value, (SELECT max(created_at) + 1 FROM gone))
  WHERE name = 'outbox_forgotten_until' AND EXISTS (SELECT FROM gone))
SELECT count(*), count(*) FILTER (WHERE id > $accepted) FROM gone
