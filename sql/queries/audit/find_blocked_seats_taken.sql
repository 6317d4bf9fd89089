-- A blocked seat is neither held nor sold (I-5).
SELECT format('seat %d is blocked and taken by reservation %d', b.seat_id, r.id)
FROM seat_blocks b
JOIN reservations r ON r.seat_id = b.seat_id AND r.status <= 2
