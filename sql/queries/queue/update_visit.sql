UPDATE visits
SET expires_at = $expires_at, ended_by = $ended_by
WHERE event_id = $event_id AND place = $place AND expires_at = $stored_expires_at
