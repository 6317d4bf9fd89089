INSERT INTO reassignments (reservation_id, version, from_user_id, to_user_id, operator_name, reassigned_at)
VALUES ($reservation_id, $version, $from_user_id, $to_user_id, $operator_name, $reassigned_at)
