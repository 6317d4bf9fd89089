-- A reservation is PAID or REFUNDED exactly when it has a payment, whose user paid its price once (I-9).
SELECT format('reservation %s (status %s, price %s) has payment %s and %s uses of together %s', r.id, r.status, r.price,
              coalesce(CAST(r.payment_id AS TEXT), 'none'), coalesce(u.uses, 0), coalesce(u.sum, 0))
FROM reservations r
LEFT JOIN (SELECT p.reservation_id, count(*) AS uses, sum(p.amount) AS sum, min(CAST(w.user_id AS TEXT)) AS user_id
           FROM postings p
           LEFT JOIN wallets w ON w.id = p.wallet_id
           WHERE p.type = 1
           GROUP BY p.reservation_id) u ON u.reservation_id = r.id
LEFT JOIN payments m ON m.id = r.payment_id
WHERE (r.status IN (2, 4)) <> (m.id IS NOT NULL)
   OR (m.id IS NULL) <> (r.payment_id IS NULL)
   OR (r.payment_id IS NULL) <> (r.paid_at IS NULL)
   OR coalesce(u.uses, 0) <> CASE WHEN r.status IN (2, 4) AND r.price > 0 THEN 1 ELSE 0 END
   OR coalesce(u.sum, 0) <> CASE WHEN r.status IN (2, 4) THEN r.price ELSE 0 END
   OR u.user_id <> CAST(m.user_id AS TEXT)
