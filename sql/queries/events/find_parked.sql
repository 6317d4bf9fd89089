SELECT id, key, version, type, payload, created_at, trace, attempts, parked_at, next_at, reason
FROM parked_events
WHERE sink = $sink AND key = $key AND id > $after
ORDER BY id
LIMIT $limit
