INSERT INTO operator_log (id, created_at, operator_name, action, event_id, detail)
SELECT * FROM UNNEST($id, $created_at, $operator_name, $action, $event_id, $detail)
