-- The oldest parked event of each key, if it is due.
SELECT id, key, version, type, payload, created_at, attempts, parked_at, next_at, reason
FROM parked_events p
WHERE sink = $sink AND next_at <= $now
  AND id = (SELECT min(of_key.id) FROM parked_events of_key WHERE of_key.sink = $sink AND of_key.key = p.key)
ORDER BY id
LIMIT $limit
