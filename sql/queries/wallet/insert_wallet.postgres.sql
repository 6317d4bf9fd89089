INSERT INTO wallets (id, user_id, balance, seq) SELECT * FROM UNNEST($id, $user_id, $balance, $seq)
