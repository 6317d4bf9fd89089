SELECT user_id, key, request_hash, status, body, headers, created_at
FROM idempotent_answers
WHERE digest = $digest AND user_id = $user_id AND key = $key
