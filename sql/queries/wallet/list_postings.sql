SELECT wallet_id, seq, id, type, amount, balance_after, debit_account, credit_account, reservation_id, created_at
FROM postings
WHERE wallet_id = $wallet_id AND seq < $before
ORDER BY seq DESC
LIMIT $limit
