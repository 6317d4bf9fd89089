-- A reservation is of the user who paid it, and of the user whose visit it names.
SELECT format('reservation %s is not of the user of payment %s', r.id, m.id)
FROM reservations r
JOIN payments m ON m.id = r.payment_id
WHERE m.user_id <> r.user_id
UNION ALL
SELECT format('reservation %s names place %s of event %s, whose visit %s', r.id, r.place, r.event_id,
              CASE WHEN v.place IS NULL THEN 'is not there' ELSE 'is another user''s' END)
FROM reservations r
LEFT JOIN visits v ON v.event_id = r.event_id AND v.place = r.place
WHERE v.place IS NULL OR v.user_id <> r.user_id
