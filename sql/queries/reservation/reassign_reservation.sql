-- Apart from update_reservation because naming user_id there would rewrite its index entry every time.
UPDATE reservations SET user_id = $user_id WHERE id = $id
