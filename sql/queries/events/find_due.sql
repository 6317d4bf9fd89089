-- The oldest parked event of each key, if it is due. By an index for each event: a join would compare all pairs of them.
SELECT id, key, version, type, payload, created_at, attempts, parked_at, next_at, reason
FROM parked_events p
WHERE sink = $sink AND next_at <= $now
  AND id = (SELECT o.id FROM parked_events o WHERE o.sink = $sink AND o.key = p.key ORDER BY o.id LIMIT 1)
ORDER BY id
LIMIT $limit
