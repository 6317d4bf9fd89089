DELETE FROM seats
WHERE id >= (SELECT first_seat FROM dates WHERE id = $id AND hidden)
  AND id < (SELECT first_seat + seat_count FROM dates WHERE id = $id AND hidden)
