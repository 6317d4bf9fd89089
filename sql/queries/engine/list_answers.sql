SELECT id, digest, user_id, key
FROM idempotent_answers
