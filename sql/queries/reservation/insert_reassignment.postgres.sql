WITH known AS (UPDATE meta SET value = greatest(value, 17) WHERE name = 'schema_needed')
INSERT INTO reassignments (reservation_id, version, from_user_id, to_user_id, operator_name, reassigned_at)
VALUES ($reservation_id, $version, $from_user_id, $to_user_id, $operator_name, $reassigned_at)
