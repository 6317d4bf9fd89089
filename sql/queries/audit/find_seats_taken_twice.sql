-- A seat has at most one reservation that takes it (I-1).
SELECT format('seat %s is taken by reservations %s', seat_id, group_concat(id, ', '))
FROM reservations NOT INDEXED
WHERE status <= 2
GROUP BY seat_id
HAVING count(*) > 1
