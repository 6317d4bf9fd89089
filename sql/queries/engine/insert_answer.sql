-- Replaces an answer that is past its time and not forgotten yet; changes no row when there is a younger one. Rows stay in
-- the order they were written.
INSERT INTO idempotent_answers (digest, user_id, key, request_hash, status, body, headers, created_at)
VALUES ($digest, $user_id, $key, $request_hash, $status, $body, $headers, $created_at)
ON CONFLICT (digest) DO UPDATE
SET id = (SELECT max(id) + 1 FROM idempotent_answers),
  user_id = excluded.user_id,
  key = excluded.key,
  request_hash = excluded.request_hash,
  status = excluded.status,
  body = excluded.body,
  headers = excluded.headers,
  created_at = excluded.created_at
WHERE idempotent_answers.created_at <= $past_until
