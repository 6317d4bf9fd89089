SELECT id, user_id, balance, seq FROM wallets WHERE user_id = ANY($user_ids)
