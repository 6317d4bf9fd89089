-- With the ids of their reservations.
SELECT p.id, p.user_id, p.total, p.created_at,
       ARRAY(SELECT r.id FROM reservations r WHERE r.payment_id = p.id ORDER BY r.id + 0)
FROM payments p
WHERE p.user_id = $user_id AND p.id < $before
ORDER BY p.id DESC
LIMIT $limit
