-- A reservation is PAID or REFUNDED exactly when it has a payment, whose user paid its price once (I-9).
SELECT format('reservation %d (status %d, price %d) has payment %s and %d uses of together %d', r.id, r.status, r.price,
              coalesce(r.payment_id, 'none'), coalesce(u.uses, 0), coalesce(u.sum, 0))
FROM reservations r
LEFT JOIN (SELECT p.reservation_id, count(*) AS uses, sum(p.amount) AS sum, min(w.user_id) AS user_id
           FROM postings p
           LEFT JOIN wallets w ON w.id = p.wallet_id
           WHERE p.type = 1
           GROUP BY p.reservation_id) u ON u.reservation_id = r.id
LEFT JOIN payments m ON m.id = r.payment_id
WHERE (r.status IN (2, 4)) <> (m.id IS NOT NULL)
   OR (m.id IS NULL) <> (r.payment_id IS NULL)
   OR (r.payment_id IS NULL) <> (r.paid_at IS NULL)
   OR coalesce(u.uses, 0) <> (r.status IN (2, 4) AND r.price > 0)
   OR coalesce(u.sum, 0) <> CASE WHEN r.status IN (2, 4) THEN r.price ELSE 0 END
   OR u.user_id <> m.user_id
