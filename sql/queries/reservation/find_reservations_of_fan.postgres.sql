-- Those that take a seat. status + 0, and sorting outside: only the index by user is of use to find the rows.
SELECT r.id, r.seat_id, r.date_id, r.event_id, r.user_id, r.place, r.status, r.reason, r.price, r.expires_at, r.created_at,
       r.updated_at, r.payment_id, r.paid_at, r.version
FROM UNNEST($event_ids, $user_ids) AS k (event_id, user_id)
CROSS JOIN LATERAL (SELECT *
                    FROM reservations
                    WHERE user_id = k.user_id AND event_id = k.event_id AND status + 0 <= 2
                    OFFSET 0) r
ORDER BY r.id
