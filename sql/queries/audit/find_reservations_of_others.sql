-- A reservation is of the user who paid it, or was reassigned from that user, and names a visit of the same user.
WITH first_owners AS (
  SELECT a.reservation_id, a.from_user_id AS user_id
  FROM reassignments a
  WHERE a.version = (SELECT min(version) FROM reassignments b WHERE b.reservation_id = a.reservation_id))
SELECT format('reservation %s is not of the user of payment %s', r.id, m.id)
FROM reservations r
JOIN payments m ON m.id = r.payment_id
LEFT JOIN first_owners f ON f.reservation_id = r.id
WHERE m.user_id <> coalesce(f.user_id, r.user_id)
UNION ALL
SELECT format('reservation %s names place %s of event %s, whose visit %s', r.id, r.place, r.event_id,
              CASE WHEN v.place IS NULL THEN 'is not there' ELSE 'is another user''s' END)
FROM reservations r
LEFT JOIN first_owners f ON f.reservation_id = r.id
LEFT JOIN visits v ON v.event_id = r.event_id AND v.place = r.place
WHERE v.place IS NULL OR v.user_id <> coalesce(f.user_id, r.user_id)
