-- insert_reservation looks for the seats of a batch in one statement (notes.md).
ALTER TABLE reservations DROP CONSTRAINT reservations_seat_id_fkey;
