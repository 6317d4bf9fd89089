-- Replaces an answer that is past its time and not forgotten yet; refuses when there is a younger one. Rows have ids in the
-- order they were written.
WITH written AS (
  INSERT INTO idempotent_answers AS a (digest, user_id, key, request_hash, status, body, headers, created_at)
  SELECT * FROM UNNEST($digests, $user_ids, $keys, $request_hashes, $statuses, $bodies, $headers, $created_ats)
  ON CONFLICT (digest) DO UPDATE
  SET id = DEFAULT,
    user_id = excluded.user_id,
    key = excluded.key,
    request_hash = excluded.request_hash,
    status = excluded.status,
    body = excluded.body,
    headers = excluded.headers,
    created_at = excluded.created_at
  WHERE a.created_at <= excluded.created_at - $kept
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM written), cardinality($digests), 'answers')
