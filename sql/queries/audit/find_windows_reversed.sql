-- A window ends after it begins, and rows of the catalogue are changed and deleted after they were made.
SELECT format('event %s is on sale from %s until %s; made at %s, changed at %s', id, on_sale_from, on_sale_until, created_at,
              updated_at)
FROM events
WHERE on_sale_until <= on_sale_from OR updated_at < created_at
UNION ALL
SELECT format('date %s is booked from %s until %s; made at %s, changed at %s, deleted at %s', id, booking_from, booking_until,
              created_at, updated_at, coalesce(CAST(deleted_at AS TEXT), '-'))
FROM dates
WHERE booking_until <= booking_from OR updated_at < created_at OR deleted_at < created_at OR deleted_at > updated_at
