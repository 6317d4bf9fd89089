SELECT seat_id FROM seat_blocks WHERE seat_id = $seat_id
