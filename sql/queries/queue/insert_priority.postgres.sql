INSERT INTO priority_users (event_id, user_id, granted_at)
SELECT * FROM UNNEST($event_ids, $user_ids, $granted_ats)
ON CONFLICT (event_id, user_id) DO NOTHING
