UPDATE wallets SET balance = $balance, seq = $seq WHERE id = $id AND seq = $stored_seq
