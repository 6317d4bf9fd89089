SELECT v.event_id, v.place, v.user_id, v.activated_at, v.expires_at
FROM UNNEST($event_ids, $places) AS k (event_id, place)
JOIN visits v ON v.event_id = k.event_id AND v.place = k.place
