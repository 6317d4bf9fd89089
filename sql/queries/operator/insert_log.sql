INSERT INTO operator_log (id, created_at, operator_name, action, event_id, detail)
VALUES ($id, $created_at, $operator_name, $action, $event_id, $detail)
