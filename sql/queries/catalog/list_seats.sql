-- Of one date: its ids follow one another.
SELECT number, number_in_row, section, row, category
FROM seats
WHERE id >= $first_seat AND id < $first_seat + $seat_count
ORDER BY id
