INSERT INTO outbox (id, key, version, type, payload, created_at)
VALUES ($id, $key, $version, $type, $payload, $created_at)
