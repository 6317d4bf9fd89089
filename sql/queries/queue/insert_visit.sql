INSERT INTO visits (event_id, place, user_id, activated_at, expires_at)
VALUES ($event_id, $place, $user_id, $activated_at, $expires_at)
