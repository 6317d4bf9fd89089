SELECT event_id, place, user_id, activated_at, expires_at, ended_by
FROM visits
WHERE event_id = $event_id AND place = $place
