SELECT event_id, place, user_id, activated_at, expires_at
FROM visits
ORDER BY event_id, place
