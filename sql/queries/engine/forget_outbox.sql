-- The oldest rows that are old enough or that every sink has accepted.
DELETE FROM outbox
WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $limit) AND (created_at < $before OR id <= $accepted)
RETURNING id, created_at
