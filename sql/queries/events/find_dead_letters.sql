SELECT id, key, version, type, payload, created_at, attempts, parked_at, died_at, reason
FROM dead_letters
WHERE sink = $sink AND id < $before
ORDER BY id DESC
LIMIT $limit
