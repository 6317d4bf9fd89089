SELECT id FROM reservations WHERE payment_id = $payment_id ORDER BY id
