SELECT id, user_id, total, created_at FROM payments WHERE id = $id
