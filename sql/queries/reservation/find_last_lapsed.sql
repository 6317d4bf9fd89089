-- When the user's newest hold of the seat in this generation of ids lapsed (R-S8).
SELECT expires_at
FROM reservations
WHERE id >> 14 = $generation AND user_id = $user_id AND seat_id = $seat_id AND reason = 1
ORDER BY id DESC
LIMIT 1
