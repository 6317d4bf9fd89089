-- When the user's newest hold of the seat in this generation of ids lapsed or was given up (R-S8).
SELECT min(expires_at, updated_at)
FROM reservations
WHERE id >> 14 = $generation AND user_id = $user_id AND seat_id = $seat_id AND reason IN (1, 2)
ORDER BY id DESC
LIMIT 1
