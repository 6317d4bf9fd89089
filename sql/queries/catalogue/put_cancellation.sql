INSERT INTO date_cancellations (date_id, reason, operator_name, begun_at, finished_at, carry_to_id, seats_done, refunded,
                                refunded_amount, carried, carried_amount)
VALUES ($date_id, $reason, $operator_name, $begun_at, $finished_at, $carry_to_id, $seats_done, $refunded,
        $refunded_amount, $carried, $carried_amount)
ON CONFLICT (date_id) DO UPDATE
SET finished_at = excluded.finished_at, seats_done = excluded.seats_done, refunded = excluded.refunded,
    refunded_amount = excluded.refunded_amount, carried = excluded.carried, carried_amount = excluded.carried_amount
