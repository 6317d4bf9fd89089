-- Seat, date, event, price and created_at never change; a new owner is a case of its own (reassign_reservation).
UPDATE reservations
SET place = $place, status = $status, reason = $reason, expires_at = $expires_at, updated_at = $updated_at,
    payment_id = $payment_id, paid_at = $paid_at, version = $version
WHERE id = $id AND version = $stored_version
