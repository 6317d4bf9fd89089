-- Each hold paid for a look at its seat's row and a mark on it (notes.md).
ALTER TABLE reservations DROP CONSTRAINT reservations_seat_id_fkey;
