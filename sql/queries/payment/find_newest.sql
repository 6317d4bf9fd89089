-- The newest payment with an id below $before.
SELECT id FROM payments WHERE id < $before ORDER BY id DESC LIMIT 1
