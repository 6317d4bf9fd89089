-- A reservation is REFUNDED exactly when its price was given back once (I-11).
SELECT format('reservation %s (status %s, price %s) has %s refunds of together %s', r.id, r.status, r.price,
              coalesce(b.refunds, 0), coalesce(b.sum, 0))
FROM reservations r
LEFT JOIN (SELECT reservation_id, count(*) AS refunds, sum(amount) AS sum
           FROM postings
           WHERE type = 2
           GROUP BY reservation_id) b ON b.reservation_id = r.id
WHERE coalesce(b.refunds, 0) <> CASE WHEN r.status = 4 AND r.price > 0 THEN 1 ELSE 0 END
   OR coalesce(b.sum, 0) <> CASE r.status WHEN 4 THEN r.price ELSE 0 END
