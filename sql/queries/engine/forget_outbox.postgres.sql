WITH gone AS (
  DELETE FROM outbox
  WHERE id <= (SELECT max(id) FROM (SELECT id FROM outbox ORDER BY id LIMIT $limit) first) AND created_at < $before
  RETURNING 1),
mark AS (
  UPDATE meta SET value = greatest(value, $before)
  WHERE name = 'outbox_forgotten_until' AND EXISTS (SELECT FROM gone))
SELECT count(*) FROM gone
