SELECT reservation_id, ticket, date_id, version, live, scans, updated_at
FROM ticket_uses
WHERE date_id = $date_id AND live > 1
