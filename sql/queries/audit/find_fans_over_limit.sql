-- Nobody has more live holds and paid seats of an event than it allows one user (I-4); judged where all were held since the event was last changed, which those that were carried over never were.
SELECT format('event %s: one user has %s seats, reservations %s; %s are allowed', e.id, count(*),
              group_concat(r.id, ', '), CAST(e.sale_policy ->> 'seats_per_user' AS BIGINT))
FROM reservations r NOT INDEXED
JOIN events e ON e.id = r.event_id
WHERE (r.status = 2 OR (r.status < 2 AND r.expires_at > (SELECT value FROM meta WHERE name = 'latest_moment')))
  AND r.created_at > e.updated_at AND r.created_at IS DISTINCT FROM r.paid_at
GROUP BY e.id, r.user_id
HAVING count(*) > CAST(e.sale_policy ->> 'seats_per_user' AS BIGINT)
