SELECT id, created_at, operator_name, action, event_id, detail
FROM operator_log
WHERE id < $before
ORDER BY id DESC
LIMIT $limit
