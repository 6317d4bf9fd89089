-- The first and the last id; separate look-ups, because min and max together would scan.
SELECT coalesce((SELECT min(id) FROM reservations), 0), coalesce((SELECT max(id) FROM reservations), 0)
