INSERT INTO ticket_uses (reservation_id, ticket, date_id, version, live, scans, updated_at)
VALUES ($reservation_id, $ticket, $date_id, $version, $live, $scans, $updated_at)
ON CONFLICT (reservation_id, ticket)
DO UPDATE SET version = excluded.version, live = excluded.live, scans = excluded.scans, updated_at = excluded.updated_at
