SELECT reservation_id, ticket, date_id, version, live, scans, updated_at
FROM ticket_uses
WHERE reservation_id = $reservation_id AND ticket = $ticket
