-- No visit lasts longer than `visit_max` (R-Q11); judged for visits begun since the event was last changed.
SELECT format('event %s: the visit of place %s lasts %s ms; %s are allowed', e.id, v.place,
              v.expires_at - v.activated_at, CAST(e.queue_policy ->> 'visit_max' AS BIGINT))
FROM visits v
JOIN events e ON e.id = v.event_id
WHERE v.activated_at > e.updated_at AND v.expires_at - v.activated_at > CAST(e.queue_policy ->> 'visit_max' AS BIGINT)
