-- The oldest ones, a few at a time: rows have ids in the order they were written.
WITH gone AS (
  DELETE FROM idempotent_answers
  WHERE id <= (SELECT max(id) FROM (SELECT id FROM idempotent_answers ORDER BY id LIMIT $limit) first)
    AND created_at < $before
  RETURNING 1)
SELECT count(*) FROM gone
