INSERT INTO line_places (event_id, place, user_id, joined_at, left_at)
SELECT * FROM UNNEST($event_ids, $places, $user_ids, $joined_ats, $left_ats)
