-- When the user's newest hold of the seat lapsed or was given up (R-S8). By id + 0: sorted, not read in the order of the ids.
SELECT k.seat_id, k.user_id, r.ended_at
FROM UNNEST($seat_ids, $user_ids) AS k (seat_id, user_id)
CROSS JOIN LATERAL (SELECT least(expires_at, updated_at) AS ended_at
                    FROM reservations
                    WHERE user_id = k.user_id AND seat_id = k.seat_id AND reason IN (1, 2)
                    ORDER BY id + 0 DESC
                    LIMIT 1) r
