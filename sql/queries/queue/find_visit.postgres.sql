SELECT v.event_id, v.place, v.user_id, v.activated_at, v.expires_at, v.ended_by
FROM UNNEST($event_ids, $places) AS k (event_id, place)
CROSS JOIN LATERAL (SELECT * FROM visits WHERE event_id = k.event_id AND place = k.place OFFSET 0) v
