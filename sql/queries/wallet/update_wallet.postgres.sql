-- The rows by their addresses, which LATERAL and OFFSET find in the index, whatever the planner thinks of the size of the table.
WITH changed AS (
  UPDATE wallets w
  SET balance = n.balance, seq = n.seq
  FROM UNNEST($ids, $stored_seqs, $balances, $seqs) AS n (id, stored_seq, balance, seq)
  CROSS JOIN LATERAL (SELECT ctid FROM wallets WHERE id = n.id AND seq = n.stored_seq OFFSET 0) stored
  WHERE w.ctid = stored.ctid
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($ids), 'wallets')
