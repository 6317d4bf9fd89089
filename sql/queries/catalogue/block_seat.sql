INSERT INTO seat_blocks (seat_id) VALUES ($seat_id) ON CONFLICT DO NOTHING
