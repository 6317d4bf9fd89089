INSERT INTO outbox (id, key, version, type, payload, created_at)
SELECT * FROM UNNEST($id, $key, $version, $type, $payload, $created_at)
