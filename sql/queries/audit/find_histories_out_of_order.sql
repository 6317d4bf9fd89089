-- The postings of a wallet have rising ids and times, and no two postings have the same id.
SELECT format('posting %s of wallet %s (seq %s) was made at %s; the one before has id %s and was made at %s', id, wallet_id,
              seq, created_at, id_before, made_before)
FROM (SELECT id, wallet_id, seq, created_at, lag(id) OVER history AS id_before, lag(created_at) OVER history AS made_before
      FROM postings
      WINDOW history AS (PARTITION BY wallet_id ORDER BY seq)) h
WHERE id <= id_before OR created_at < made_before
UNION ALL
SELECT format('posting %s is there %s times', id, count(*))
FROM postings
GROUP BY id
HAVING count(*) > 1
