SELECT event_id, place, user_id, joined_at, left_at, left_by
FROM line_places
WHERE event_id = $event_id AND place > $after
ORDER BY place
LIMIT $limit
