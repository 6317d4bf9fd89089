INSERT INTO line_places (event_id, place, user_id, joined_at, left_at, left_by)
VALUES ($event_id, $place, $user_id, $joined_at, $left_at, $left_by)
