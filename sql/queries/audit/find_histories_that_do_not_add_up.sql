-- Each posting leaves what the one before left, with its amount added or taken (I-7).
SELECT format('posting %s of wallet %s leaves %s; the one before left %s', id, wallet_id, balance_after, before)
FROM (SELECT id, wallet_id, seq, balance_after, CASE type WHEN 1 THEN -amount ELSE amount END AS moved,
             lag(balance_after, 1, 0) OVER (PARTITION BY wallet_id ORDER BY seq) AS before
      FROM postings) h
WHERE balance_after <> before + moved OR balance_after < 0
