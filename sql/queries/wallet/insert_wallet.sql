INSERT INTO wallets (id, user_id, balance, seq) VALUES ($id, $user_id, $balance, $seq)
