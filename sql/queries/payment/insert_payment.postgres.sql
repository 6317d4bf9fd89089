INSERT INTO payments (id, user_id, total, created_at) SELECT * FROM UNNEST($ids, $user_ids, $totals, $created_ats)
