SELECT id, user_id, balance, seq FROM wallets WHERE user_id = $user_id
