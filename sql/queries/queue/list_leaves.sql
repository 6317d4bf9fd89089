SELECT event_id, place, left_at, left_by
FROM line_leaves
ORDER BY event_id, place
