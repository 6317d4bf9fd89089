-- A seat has at most one reservation that takes it (I-1).
SELECT format('seat %s is taken by reservations %s', seat_id, string_agg(id::TEXT, ', ' ORDER BY id))
FROM reservations
WHERE status <= 2
GROUP BY seat_id
HAVING count(*) > 1
