-- Those that take a seat. LATERAL and OFFSET keep it a look into the index for each fan, also when the plan is made while the
-- table is empty.
SELECT r.*
FROM UNNEST($event_ids, $user_ids) AS k (event_id, user_id)
CROSS JOIN LATERAL (SELECT id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at, created_at,
                           updated_at, payment_id, paid_at, version
                    FROM reservations
                    WHERE user_id = k.user_id AND event_id = k.event_id AND status <= 2
                    ORDER BY id
                    OFFSET 0) r
ORDER BY r.id
