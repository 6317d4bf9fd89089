-- What operators do to bookings: reassigned reservations and cancelled dates (notes.md).

-- A paid reservation was given to another user. `version`: of the reservation, by this change.
CREATE TABLE reassignments (
  reservation_id INTEGER NOT NULL REFERENCES reservations (id),
  version INTEGER NOT NULL CHECK (version > 0),
  from_user_id BLOB NOT NULL CHECK (length(from_user_id) = 16),
  to_user_id BLOB NOT NULL CHECK (length(to_user_id) = 16),
  operator_name TEXT NOT NULL CHECK (operator_name <> ''),
  reassigned_at INTEGER NOT NULL,
  PRIMARY KEY (reservation_id, version)
) WITHOUT ROWID;

-- A cancelled date; its reservations end in the order of its seats. NULL: not finished; nobody is carried over.
CREATE TABLE date_cancellations (
  date_id INTEGER PRIMARY KEY REFERENCES dates (id),
  reason TEXT NOT NULL,
  operator_name TEXT NOT NULL CHECK (operator_name <> ''),
  begun_at INTEGER NOT NULL,
  finished_at INTEGER,
  carry_to_id INTEGER REFERENCES dates (id),
  seats_done INTEGER NOT NULL CHECK (seats_done >= 0),
  refunded INTEGER NOT NULL CHECK (refunded >= 0),
  refunded_amount INTEGER NOT NULL CHECK (refunded_amount >= 0),
  carried INTEGER NOT NULL CHECK (carried >= 0),
  carried_amount INTEGER NOT NULL CHECK (carried_amount >= 0)
);

-- A program that does not know these tables would refund to the wrong user, and sell what is cancelled.
CREATE TRIGGER reassignments_are_known AFTER INSERT ON reassignments BEGIN
  UPDATE meta SET value = max(value, 17) WHERE name = 'schema_needed';
END;
CREATE TRIGGER date_cancellations_are_known AFTER INSERT ON date_cancellations BEGIN
  UPDATE meta SET value = max(value, 17) WHERE name = 'schema_needed';
END;
