SELECT id, event_id, starts_at, booking_from, booking_until, layout, first_seat, seat_count, created_at, updated_at,
       deleted_at, imported
FROM dates
WHERE NOT hidden
ORDER BY id
