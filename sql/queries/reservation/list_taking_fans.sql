SELECT id, seat_id, event_id, user_id
FROM reservations
WHERE id IN (SELECT id FROM reservations WHERE status <= 2)
ORDER BY id
