-- A hold lapses at its end and not before, is paid before its end, and no row is of a moment that has not been.
-- A sale that changes hands in the millisecond of its payment is of the next one (src/modules/reservation/model.cpp).
SELECT format('reservation %s was lapsed at %s, before its end at %s', id, updated_at, expires_at)
FROM reservations
WHERE reason = 1 AND updated_at < expires_at
UNION ALL
SELECT format('reservation %s was paid at %s, after its end at %s', id, paid_at, expires_at)
FROM reservations
WHERE paid_at >= expires_at
UNION ALL
SELECT format('reservation %s was made at %s, changed at %s, paid at %s, ends at %s; the newest batch is of %s', id,
              created_at, updated_at, coalesce(CAST(paid_at AS TEXT), '-'), expires_at, (SELECT value FROM meta WHERE name = 'latest_moment'))
FROM reservations
WHERE created_at > updated_at OR created_at > expires_at OR paid_at < created_at OR paid_at > updated_at
   OR updated_at > (SELECT value FROM meta WHERE name = 'latest_moment') + CASE WHEN paid_at IS NULL THEN 0 ELSE 1 END
