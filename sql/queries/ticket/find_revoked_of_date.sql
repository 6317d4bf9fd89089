-- The tickets of versions from `first` on that are older than `version`. A row is paid at version 2 or later, unless it is written as paid.
SELECT id, CASE WHEN created_at = paid_at THEN 1 ELSE 2 END, version
FROM reservations
WHERE date_id = $date_id AND paid_at IS NOT NULL AND (status <> 2 OR updated_at > paid_at)
