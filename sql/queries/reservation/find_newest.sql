-- The newest reservation with an id below $before.
SELECT id, created_at FROM reservations WHERE id < $before ORDER BY id DESC LIMIT 1
