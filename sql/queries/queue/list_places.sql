SELECT event_id, place, user_id, joined_at, left_at
FROM line_places
ORDER BY event_id, place
