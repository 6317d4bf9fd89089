SELECT date_id, reason, operator_name, begun_at, finished_at, carry_to_id, seats_done, refunded, refunded_amount, carried,
       carried_amount
FROM date_cancellations
ORDER BY date_id
