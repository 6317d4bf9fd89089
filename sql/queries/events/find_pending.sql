SELECT id, key, version, type, payload, created_at FROM outbox WHERE id > $after ORDER BY id LIMIT $limit
