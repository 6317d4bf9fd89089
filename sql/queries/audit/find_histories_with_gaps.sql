-- A wallet's postings are numbered 1, 2, 3… up to the wallet's seq (I-8).
SELECT format('wallet %s is at %s; it has %s postings, numbered %s to %s', w.id, w.seq, count(p.seq),
              coalesce(min(p.seq), 0), coalesce(max(p.seq), 0))
FROM wallets w
LEFT JOIN postings p ON p.wallet_id = w.id
GROUP BY w.id
HAVING count(p.seq) <> w.seq OR coalesce(max(p.seq), 0) <> w.seq OR coalesce(min(p.seq), 1) <> 1
