-- One generation of 65,536 ids: the index is kept by generation (migration 0001, notes).
SELECT id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at, created_at, updated_at,
       payment_id, paid_at, version
FROM reservations
WHERE id >> 16 = $generation AND user_id = $user_id AND event_id = $event_id AND status <= 2
ORDER BY id
