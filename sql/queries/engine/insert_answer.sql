INSERT INTO idempotent_answers (digest, user_id, key, request_hash, status, body, headers, created_at)
VALUES ($digest, $user_id, $key, $request_hash, $status, $body, $headers, $created_at)
