-- LATERAL and OFFSET: a look into the index for each key, whatever the planner thinks of the size of the table.
SELECT a.user_id, a.key, a.request_hash, a.status, a.body, a.headers, a.created_at
FROM UNNEST($digests, $user_ids, $keys) AS k (digest, user_id, key)
CROSS JOIN LATERAL (SELECT * FROM idempotent_answers WHERE digest = k.digest OFFSET 0) a
WHERE a.user_id = k.user_id AND a.key = k.key
