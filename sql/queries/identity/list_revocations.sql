SELECT user_id, not_before
FROM revocations
ORDER BY user_id
