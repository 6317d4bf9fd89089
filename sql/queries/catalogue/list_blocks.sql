SELECT seat_id, TRUE AS blocked FROM seat_blocks ORDER BY seat_id
