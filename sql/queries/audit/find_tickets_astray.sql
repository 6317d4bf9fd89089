-- What gates have scanned are tickets that were issued, of the date of their reservation, and live scans are counted right.
SELECT format('the use of ticket %s of reservation %s (date %s, %s live scans) fits no reservation or not its scans',
              u.ticket, u.reservation_id, u.date_id, u.live)
FROM ticket_uses u
LEFT JOIN reservations r ON r.id = u.reservation_id
WHERE r.paid_at IS NULL OR u.ticket NOT BETWEEN 1 AND r.version OR u.date_id <> r.date_id
   OR u.live <> length(u.scans) - length(replace(u.scans, '+', ''))
