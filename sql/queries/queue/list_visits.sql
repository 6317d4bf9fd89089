SELECT event_id, place, user_id, activated_at, expires_at, ended_by
FROM visits
ORDER BY event_id, place
