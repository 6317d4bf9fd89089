-- A payment's total is the sum of the prices of its reservations (I-10).
SELECT format('payment %s is of %s; its %s reservations cost %s', m.id, m.total, count(r.id), coalesce(sum(r.price), 0))
FROM payments m
LEFT JOIN reservations r ON r.payment_id = m.id
GROUP BY m.id
HAVING count(r.id) = 0 OR m.total <> sum(r.price)
