-- A live hold has a visit of its user that lasts as long (I-17).
SELECT format('reservation %s is held until %s by place %s of event %s, whose visit %s', r.id, r.expires_at, r.place,
              r.event_id, CASE WHEN v.place IS NULL THEN 'is not there'
                               WHEN v.user_id <> r.user_id THEN 'is another user''s'
                               ELSE format('ends at %s', v.expires_at) END)
FROM reservations r
LEFT JOIN visits v ON v.event_id = r.event_id AND v.place = r.place
WHERE r.status < 2 AND r.expires_at > (SELECT value FROM meta WHERE name = 'latest_moment')
  AND (v.place IS NULL OR v.user_id <> r.user_id OR v.expires_at < r.expires_at)
