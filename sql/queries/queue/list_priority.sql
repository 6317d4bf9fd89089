SELECT event_id, user_id, granted_at, taken_back_at
FROM priority_users
ORDER BY event_id, user_id
