INSERT INTO visits (event_id, place, user_id, activated_at, expires_at, ended_by)
VALUES ($event_id, $place, $user_id, $activated_at, $expires_at, $ended_by)
