INSERT INTO outbox (id, key, version, type, payload, created_at, trace)
VALUES ($id, $key, $version, $type, $payload, $created_at, nullif($trace, ''))
