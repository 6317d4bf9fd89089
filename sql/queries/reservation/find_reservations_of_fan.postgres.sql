-- Those that take a seat.
SELECT r.id, r.seat_id, r.date_id, r.event_id, r.user_id, r.place, r.status, r.reason, r.price, r.expires_at, r.created_at,
       r.updated_at, r.payment_id, r.paid_at, r.version
FROM UNNEST($event_ids, $user_ids) AS k (event_id, user_id)
JOIN reservations r ON r.user_id = k.user_id AND r.event_id = k.event_id AND r.status <= 2
ORDER BY r.id
