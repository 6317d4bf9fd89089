INSERT INTO operator_log (id, created_at, operator_name, action, event_id, detail)
SELECT * FROM UNNEST($ids, $created_ats, $operator_names, $actions, $event_ids, $details)
