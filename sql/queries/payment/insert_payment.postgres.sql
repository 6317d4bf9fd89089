INSERT INTO payments (id, user_id, total, created_at) SELECT * FROM UNNEST($id, $user_id, $total, $created_at)
