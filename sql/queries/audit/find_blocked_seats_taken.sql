-- A blocked seat is neither held nor sold (I-5).
SELECT format('seat %s is blocked and taken by reservation %s', b.seat_id, r.id)
FROM seat_blocks b
JOIN reservations r ON r.seat_id = b.seat_id AND r.status <= 2
