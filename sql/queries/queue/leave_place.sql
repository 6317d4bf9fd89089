UPDATE line_places
SET left_at = $left_at, left_by = $left_by
WHERE event_id = $event_id AND place = $place AND user_id = $user_id AND left_at IS NULL
