-- The oldest parked event of each key, if it is due.
SELECT id, key, version, type, payload, created_at, attempts, parked_at, next_at, reason
FROM parked_events p
WHERE sink = $sink AND next_at <= $now
  AND NOT EXISTS (SELECT 1 FROM parked_events older WHERE older.sink = $sink AND older.key = p.key AND older.id < p.id)
ORDER BY id
LIMIT $limit
