INSERT INTO postings (wallet_id, seq, id, type, amount, balance_after, debit_account, credit_account,
                      reservation_id, created_at)
VALUES ($wallet_id, $seq, $id, $type, $amount, $balance_after, $debit_account, $credit_account, $reservation_id,
        $created_at)
