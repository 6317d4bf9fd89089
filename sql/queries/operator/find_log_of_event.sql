SELECT id, created_at, operator_name, action, event_id, detail
FROM operator_log
WHERE event_id = $event_id OR event_id IS NULL
ORDER BY id
