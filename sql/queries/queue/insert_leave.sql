INSERT INTO line_leaves (event_id, place, left_at, left_by)
VALUES ($event_id, $place, $left_at, $left_by)
