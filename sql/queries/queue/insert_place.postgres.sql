INSERT INTO line_places (event_id, place, user_id, joined_at, left_at, left_by)
SELECT * FROM UNNEST($event_id, $place, $user_id, $joined_at, $left_at, $left_by)
