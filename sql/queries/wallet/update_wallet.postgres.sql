WITH changed AS (
  UPDATE wallets w
  SET balance = n.balance, seq = n.seq
  FROM UNNEST($ids, $stored_seqs, $balances, $seqs) AS n (id, stored_seq, balance, seq)
  WHERE w.id = n.id AND w.seq = n.stored_seq
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($ids), 'wallets')
