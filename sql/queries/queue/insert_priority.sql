INSERT INTO priority_users (event_id, user_id, granted_at, taken_back_at)
VALUES ($event_id, $user_id, $granted_at, $taken_back_at)
ON CONFLICT (event_id, user_id) DO UPDATE
SET granted_at = CASE WHEN excluded.taken_back_at IS NULL AND priority_users.taken_back_at IS NOT NULL
                      THEN excluded.granted_at ELSE priority_users.granted_at END,
    taken_back_at = excluded.taken_back_at
