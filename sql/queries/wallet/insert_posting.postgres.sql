INSERT INTO postings (wallet_id, seq, id, type, amount, balance_after, debit_account, credit_account, reservation_id,
                      created_at)
SELECT * FROM UNNEST($wallet_id, $seq, $id, $type, $amount, $balance_after, $debit_account, $credit_account,
                     $reservation_id, $created_at)
