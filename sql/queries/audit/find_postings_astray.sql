-- A posting is of a wallet, and one that pays or refunds names a reservation.
SELECT format('posting %s of wallet %s names reservation %s', p.id, p.wallet_id, coalesce(CAST(p.reservation_id AS TEXT), 'none'))
FROM postings p
LEFT JOIN wallets w ON w.id = p.wallet_id
LEFT JOIN reservations r ON r.id = p.reservation_id
WHERE w.id IS NULL OR (p.type = 0) <> (p.reservation_id IS NULL) OR (p.type <> 0 AND r.id IS NULL)
