-- Money goes back to the wallet of the user who paid, and a payment, its reservations and its postings are of one moment.
SELECT format('posting %s refunds reservation %s to wallet %s, which is not of the user of payment %s', p.id, r.id, p.wallet_id,
              m.id)
FROM postings p
JOIN reservations r ON r.id = p.reservation_id
JOIN wallets w ON w.id = p.wallet_id
JOIN payments m ON m.id = r.payment_id
WHERE p.type = 2 AND w.user_id <> m.user_id
UNION ALL
SELECT format('payment %s was made at %s, its reservation %s was paid at %s', m.id, m.created_at, r.id, r.paid_at)
FROM reservations r
JOIN payments m ON m.id = r.payment_id
WHERE r.paid_at <> m.created_at
UNION ALL
SELECT format('posting %s was made at %s, its reservation %s was paid at %s and changed at %s', p.id, p.created_at, r.id,
              r.paid_at, r.updated_at)
FROM postings p
JOIN reservations r ON r.id = p.reservation_id
WHERE p.created_at <> CASE p.type WHEN 1 THEN r.paid_at ELSE r.updated_at END
