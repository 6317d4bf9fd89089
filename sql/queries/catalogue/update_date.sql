-- Its event and its seats are for ever.
UPDATE dates
SET starts_at = $starts_at, booking_from = $booking_from, booking_until = $booking_until, layout = $layout,
    updated_at = $updated_at, deleted_at = $deleted_at
WHERE id = $id
