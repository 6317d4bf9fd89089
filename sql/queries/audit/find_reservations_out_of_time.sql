-- A hold lapses at its end and not before, is paid before its end, and no row is of a moment that has not been.
SELECT format('reservation %d was lapsed at %d, before its end at %d', id, updated_at, expires_at)
FROM reservations
WHERE reason = 1 AND updated_at < expires_at
UNION ALL
SELECT format('reservation %d was paid at %d, after its end at %d', id, paid_at, expires_at)
FROM reservations
WHERE paid_at >= expires_at
UNION ALL
SELECT format('reservation %d was made at %d, changed at %d, paid at %s, ends at %d; the newest batch is of %d', id,
              created_at, updated_at, coalesce(paid_at, '-'), expires_at, (SELECT value FROM meta WHERE name = 'latest_moment'))
FROM reservations
WHERE created_at > updated_at OR created_at > expires_at OR paid_at < created_at OR paid_at > updated_at
   OR updated_at > (SELECT value FROM meta WHERE name = 'latest_moment')
