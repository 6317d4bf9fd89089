INSERT INTO wallets (id, user_id, balance, seq) SELECT * FROM UNNEST($ids, $user_ids, $balances, $seqs)
