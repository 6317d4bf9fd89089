SELECT id, key, version, type, payload, created_at, trace FROM outbox WHERE id > $after ORDER BY id LIMIT $limit
