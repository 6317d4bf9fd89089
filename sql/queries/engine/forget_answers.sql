-- The oldest ones, a few at a time: rows are in the order they were written.
DELETE FROM idempotent_answers
WHERE id IN (SELECT id FROM idempotent_answers ORDER BY id LIMIT $limit) AND created_at < $before
