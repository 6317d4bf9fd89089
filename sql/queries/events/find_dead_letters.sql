SELECT id, key, version, type, payload, created_at, trace, attempts, parked_at, died_at, reason
FROM dead_letters
WHERE sink = $sink AND id < $before
ORDER BY id DESC
LIMIT $limit
