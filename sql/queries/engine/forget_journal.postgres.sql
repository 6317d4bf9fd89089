-- The oldest ones, a few at a time, never the last.
WITH gone AS (
  DELETE FROM journal
  WHERE seq <= (SELECT max(seq) FROM (SELECT seq FROM journal ORDER BY seq LIMIT $limit) first)
    AND seq < (SELECT max(seq) FROM journal)
    AND created_at < $before
  RETURNING 1)
SELECT count(*) FROM gone
