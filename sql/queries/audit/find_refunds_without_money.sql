-- A reservation is REFUNDED exactly when its price was given back once (I-11).
SELECT format('reservation %d (status %d, price %d) has %d refunds of together %d', r.id, r.status, r.price,
              coalesce(b.refunds, 0), coalesce(b.sum, 0))
FROM reservations r
LEFT JOIN (SELECT reservation_id, count(*) AS refunds, sum(amount) AS sum
           FROM postings
           WHERE type = 2
           GROUP BY reservation_id) b ON b.reservation_id = r.id
WHERE coalesce(b.refunds, 0) <> (r.status = 4 AND r.price > 0)
   OR coalesce(b.sum, 0) <> CASE r.status WHEN 4 THEN r.price ELSE 0 END
