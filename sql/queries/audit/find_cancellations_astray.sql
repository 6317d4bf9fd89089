-- A cancelled date is deleted, its reservations have ended as far as it is done, and its sums are theirs.
SELECT format('the cancellation of date %s (begun at %s, finished at %s): %s of %s seats, %s reservations of %s, but %s of %s ended',
              c.date_id, c.begun_at, coalesce(CAST(c.finished_at AS TEXT), '-'), c.seats_done, d.seat_count,
              c.refunded + c.carried, c.refunded_amount + c.carried_amount, coalesce(r.count, 0), coalesce(r.sum, 0))
FROM date_cancellations c
JOIN dates d ON d.id = c.date_id
LEFT JOIN (SELECT r.date_id, count(*) AS count, sum(r.price) AS sum
           FROM reservations r
           JOIN date_cancellations c ON c.date_id = r.date_id
           WHERE r.status = 4 AND r.updated_at > c.begun_at
           GROUP BY r.date_id) r ON r.date_id = c.date_id
WHERE d.deleted_at IS NULL OR d.deleted_at <> c.begun_at
   OR c.refunded + c.carried <> coalesce(r.count, 0)
   OR c.refunded_amount + c.carried_amount <> coalesce(r.sum, 0)
   OR c.seats_done > d.seat_count OR (c.seats_done = d.seat_count) <> (c.finished_at IS NOT NULL)
   OR c.finished_at < c.begun_at
   OR c.carry_to_id NOT IN (SELECT id FROM dates WHERE event_id = d.event_id AND id <> d.id)
   OR (c.carry_to_id IS NULL AND c.carried > 0)
