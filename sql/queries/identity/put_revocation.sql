INSERT INTO revocations (user_id, not_before)
VALUES ($user_id, $not_before)
ON CONFLICT (user_id) DO UPDATE SET not_before = excluded.not_before
