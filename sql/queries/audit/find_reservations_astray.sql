-- A reservation is of a seat that its date and event have.
SELECT format('reservation %s names seat %s of date %s of event %s', r.id, r.seat_id, r.date_id, r.event_id)
FROM reservations r
LEFT JOIN seats s ON s.id = r.seat_id
LEFT JOIN dates d ON d.id = s.date_id
WHERE d.id IS NULL OR d.id <> r.date_id OR d.event_id <> r.event_id
