SELECT a.user_id, a.key, a.request_hash, a.status, a.body, a.headers, a.created_at
FROM UNNEST($digests, $user_ids, $keys) AS k (digest, user_id, key)
JOIN idempotent_answers a ON a.digest = k.digest AND a.user_id = k.user_id AND a.key = k.key
