INSERT INTO outbox (id, key, version, type, payload, created_at, trace)
SELECT id, key, version, type, payload, created_at, nullif(trace, '')
FROM UNNEST($id, $key, $version, $type, $payload, $created_at, $trace) AS r (id, key, version, type, payload, created_at, trace)
