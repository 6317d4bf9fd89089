-- The operators' log has a name, an action and readable details in each row, its events are there, and time never goes back.
SELECT format('log row %s of %s by %s: %s on event %s%s', id, created_at, operator_name, action,
              coalesce(CAST(event_id AS TEXT), '-'), CASE WHEN json_valid(detail) THEN '' ELSE '; its detail is no JSON' END)
FROM (SELECT id, created_at, operator_name, action, event_id, detail, lag(created_at) OVER (ORDER BY id) AS before
      FROM operator_log) l
WHERE operator_name = '' OR action = '' OR NOT json_valid(detail) OR created_at < before
   OR (event_id IS NOT NULL AND event_id NOT IN (SELECT id FROM events))
