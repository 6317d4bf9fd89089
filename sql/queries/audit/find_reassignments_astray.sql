-- The reassignments of a reservation are a chain that ends with its owner, and each is the change of it that it says.
WITH chain AS (
  SELECT reservation_id, version, from_user_id, to_user_id, reassigned_at,
         lag(version) OVER w AS version_before, lag(to_user_id) OVER w AS user_before,
         lag(reassigned_at) OVER w AS at_before, lead(version) OVER w AS version_after
  FROM reassignments
  WINDOW w AS (PARTITION BY reservation_id ORDER BY version))
SELECT format('reassignment of reservation %s, version %s at %s: %s', a.reservation_id, a.version, a.reassigned_at,
              CASE WHEN r.id IS NULL THEN 'it is not there'
                   ELSE format('it is at version %s, of status %s, changed at %s', r.version, r.status, r.updated_at) END)
FROM chain a
LEFT JOIN reservations r ON r.id = a.reservation_id
WHERE r.id IS NULL OR r.status NOT IN (2, 4) OR a.from_user_id = a.to_user_id
   OR a.reassigned_at < r.paid_at OR a.reassigned_at > r.updated_at
   OR a.version <> a.version_before + 1 OR a.from_user_id <> a.user_before OR a.reassigned_at < a.at_before
   OR (a.version_after IS NULL
       AND (a.to_user_id <> r.user_id OR a.version <> r.version - CASE r.status WHEN 4 THEN 1 ELSE 0 END
            OR (r.status = 2 AND a.reassigned_at <> r.updated_at)))
