-- No seat of a deleted date is held or sold, but for those of a cancelled date that are not done yet.
SELECT format('reservation %s holds seat %s of date %s, which was deleted at %s', r.id, r.seat_id, d.id, d.deleted_at)
FROM reservations r
JOIN dates d ON d.id = r.date_id
LEFT JOIN date_cancellations c ON c.date_id = d.id
WHERE d.deleted_at IS NOT NULL
  AND (r.status = 2 OR (r.status < 2 AND r.expires_at > (SELECT value FROM meta WHERE name = 'latest_moment')))
  AND (r.seat_id < d.first_seat + coalesce(c.seats_done, d.seat_count) OR r.created_at > c.begun_at)
