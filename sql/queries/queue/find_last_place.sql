SELECT coalesce(max(place), 0)
FROM line_places
WHERE event_id = $event_id
