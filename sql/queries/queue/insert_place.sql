INSERT INTO line_places (event_id, place, user_id, joined_at, left_at)
VALUES ($event_id, $place, $user_id, $joined_at, $left_at)
