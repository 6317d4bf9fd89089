-- What operators do to bookings: reassigned reservations and cancelled dates. As up.sql.

-- A paid reservation was given to another user. `version`: of the reservation, by this change.
CREATE TABLE reassignments (
  reservation_id BIGINT NOT NULL REFERENCES reservations (id),
  version BIGINT NOT NULL CHECK (version > 0),
  from_user_id UUID NOT NULL,
  to_user_id UUID NOT NULL,
  operator_name TEXT NOT NULL CHECK (operator_name <> ''),
  reassigned_at BIGINT NOT NULL,
  PRIMARY KEY (reservation_id, version)
);

-- A cancelled date; its reservations end in the order of its seats. NULL: not finished; nobody is carried over.
CREATE TABLE date_cancellations (
  date_id BIGINT PRIMARY KEY REFERENCES dates (id),
  reason TEXT NOT NULL,
  operator_name TEXT NOT NULL CHECK (operator_name <> ''),
  begun_at BIGINT NOT NULL,
  finished_at BIGINT,
  carry_to_id BIGINT REFERENCES dates (id),
  seats_done BIGINT NOT NULL CHECK (seats_done >= 0),
  refunded BIGINT NOT NULL CHECK (refunded >= 0),
  refunded_amount BIGINT NOT NULL CHECK (refunded_amount >= 0),
  carried BIGINT NOT NULL CHECK (carried >= 0),
  carried_amount BIGINT NOT NULL CHECK (carried_amount >= 0)
);
