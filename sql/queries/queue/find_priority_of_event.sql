SELECT event_id, user_id, granted_at, taken_back_at
FROM priority_users
WHERE event_id = $event_id
ORDER BY user_id
