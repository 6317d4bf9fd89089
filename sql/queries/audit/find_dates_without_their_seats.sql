-- A date has as many seats as it says, with ids that follow one another.
SELECT format('date %s has %s seats from %s to %s; it says %s from %s', d.id, count(s.id), min(s.id), max(s.id),
              d.seat_count, d.first_seat)
FROM dates d
LEFT JOIN seats s ON s.date_id = d.id
WHERE NOT d.hidden
GROUP BY d.id
HAVING count(s.id) <> d.seat_count
    OR (d.seat_count > 0 AND (min(s.id) <> d.first_seat OR max(s.id) <> d.first_seat + d.seat_count - 1))
