-- In the order of the ids, for an export.
SELECT id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at, created_at, updated_at,
       payment_id, paid_at, version
FROM reservations
WHERE id > $after
ORDER BY id
LIMIT $limit
