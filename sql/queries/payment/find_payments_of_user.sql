-- One generation of 16,384 ids, newest first.
SELECT id, user_id, total, created_at
FROM payments
WHERE id >> 14 = $generation AND user_id = $user_id AND id < $before
ORDER BY id DESC
LIMIT $limit
