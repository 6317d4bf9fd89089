-- Every posting is between its wallet and the account that its type says, so all postings sum to zero (I-6).
SELECT format('posting %s (type %s) of wallet %s is from account %s to %s', id, type, wallet_id, debit_account,
              credit_account)
FROM postings
WHERE NOT CASE type
            WHEN 0 THEN debit_account = -2 AND credit_account = wallet_id
            WHEN 1 THEN debit_account = wallet_id AND credit_account = -1
            WHEN 2 THEN debit_account = -1 AND credit_account = wallet_id
            ELSE FALSE
          END
   OR amount <= 0
