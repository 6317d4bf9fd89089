-- A wallet's balance is the sum of its postings, that after its newest one, and not below zero (I-7).
SELECT format('wallet %s has %s; its postings sum to %s, and the newest left %s', w.id, w.balance,
              coalesce(p.sum, 0), coalesce(n.balance_after, 0))
FROM wallets w
LEFT JOIN (SELECT wallet_id, sum(CASE type WHEN 1 THEN -amount ELSE amount END) AS sum
           FROM postings
           GROUP BY wallet_id) p ON p.wallet_id = w.id
LEFT JOIN postings n ON n.wallet_id = w.id AND n.seq = w.seq
WHERE w.balance < 0 OR w.balance <> coalesce(p.sum, 0) OR w.balance <> coalesce(n.balance_after, 0)
