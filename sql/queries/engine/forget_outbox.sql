DELETE FROM outbox
WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $limit) AND created_at < $before
