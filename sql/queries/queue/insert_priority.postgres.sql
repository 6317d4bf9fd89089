INSERT INTO priority_users (event_id, user_id, granted_at)
SELECT * FROM UNNEST($event_id, $user_id, $granted_at)
ON CONFLICT (event_id, user_id) DO NOTHING
