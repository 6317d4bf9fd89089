SELECT seat_id FROM seat_blocks ORDER BY seat_id
