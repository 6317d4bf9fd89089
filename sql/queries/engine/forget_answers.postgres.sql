-- The oldest ones, a few at a time: rows have ids in the order they were written.
WITH gone AS (
  DELETE FROM idempotent_answers
  WHERE id IN (SELECT id FROM idempotent_answers ORDER BY id LIMIT $limit) AND created_at < $before
  RETURNING 1)
SELECT count(*) FROM gone
