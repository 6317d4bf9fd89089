INSERT INTO payments (id, user_id, total, created_at) VALUES ($id, $user_id, $total, $created_at)
