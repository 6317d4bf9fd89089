DELETE FROM seat_blocks WHERE seat_id = ANY($seat_ids)
