-- Its event and its seats are for ever. A hidden date of these seats is shown.
UPDATE dates
SET starts_at = $starts_at, booking_from = $booking_from, booking_until = $booking_until, layout = $layout,
    updated_at = $updated_at, deleted_at = $deleted_at, imported = $imported,
    created_at = CASE WHEN hidden THEN $created_at ELSE created_at END, hidden = FALSE
WHERE id = $id AND first_seat = $first_seat
