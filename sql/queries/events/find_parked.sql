SELECT id, key, version, type, payload, created_at, attempts, parked_at, next_at, reason
FROM parked_events
WHERE sink = $sink AND key = $key AND id > $after
ORDER BY id
LIMIT $limit
