INSERT INTO outbox (id, key, version, type, payload, created_at)
SELECT * FROM UNNEST($ids, $keys, $versions, $types, $payloads, $created_ats)
