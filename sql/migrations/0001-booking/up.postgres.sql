-- The booking store. Times are UTC milliseconds and money whole won. The tables and columns of up.sql; what differs
-- from it, and why: notes.md.

-- What is remembered of the store as a whole.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO meta (name, value) VALUES
  ('ids_reserved_to', 1),         -- every id given so far is below
  ('latest_moment', 0),           -- the highest moment of a committed batch
  ('outbox_forgotten_until', 0);  -- outbox rows up to this moment may have been removed

-- Catalogue ------------------------------------------------------------------------------------------------

CREATE TABLE layouts (
  name TEXT PRIMARY KEY,
  definition JSON NOT NULL
);

CREATE TABLE events (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  performer TEXT NOT NULL,
  venue TEXT NOT NULL,
  on_sale_from BIGINT NOT NULL,
  on_sale_until BIGINT NOT NULL,
  queue_policy JSON NOT NULL,
  sale_policy JSON NOT NULL,
  closed BOOLEAN NOT NULL,
  paused BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Seats of a date have the ids first_seat … first_seat + seat_count - 1.
CREATE TABLE dates (
  id BIGINT PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events (id),
  starts_at BIGINT NOT NULL,
  booking_from BIGINT NOT NULL,
  booking_until BIGINT NOT NULL,
  layout TEXT NOT NULL,
  first_seat BIGINT NOT NULL UNIQUE,
  seat_count BIGINT NOT NULL CHECK (seat_count >= 0),
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);

CREATE TABLE sections (
  date_id BIGINT NOT NULL REFERENCES dates (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (date_id, position)
);

CREATE TABLE categories (
  id BIGINT PRIMARY KEY,
  date_id BIGINT NOT NULL REFERENCES dates (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  price BIGINT NOT NULL CHECK (price >= 0),
  UNIQUE (date_id, position)
);

-- section and category are positions within the date.
CREATE TABLE seats (
  id BIGINT PRIMARY KEY,
  date_id BIGINT NOT NULL REFERENCES dates (id),
  number INTEGER NOT NULL CHECK (number > 0),
  section INTEGER NOT NULL,
  row INTEGER NOT NULL,
  number_in_row INTEGER NOT NULL,
  category INTEGER NOT NULL
);

-- A row = the seat is blocked.
CREATE TABLE seat_blocks (
  seat_id BIGINT PRIMARY KEY REFERENCES seats (id)
);

-- Money ----------------------------------------------------------------------------------------------------

CREATE TABLE wallets (
  id BIGINT PRIMARY KEY,
  user_id UUID NOT NULL UNIQUE,
  balance BIGINT NOT NULL CHECK (balance >= 0),
  seq BIGINT NOT NULL CHECK (seq >= 0)
);

-- type: 0 CHARGE, 1 USE, 2 REFUND. Accounts: a wallet's id, -1 the house, -2 charges.
CREATE TABLE postings (
  wallet_id BIGINT NOT NULL REFERENCES wallets (id),
  seq BIGINT NOT NULL CHECK (seq > 0),
  id BIGINT NOT NULL,
  type SMALLINT NOT NULL CHECK (type BETWEEN 0 AND 2),
  amount BIGINT NOT NULL CHECK (amount > 0),
  balance_after BIGINT NOT NULL CHECK (balance_after >= 0),
  debit_account BIGINT NOT NULL,
  credit_account BIGINT NOT NULL CHECK (credit_account <> debit_account),
  reservation_id BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (wallet_id, seq)
);

-- What a payment paid for: reservations.payment_id.
CREATE TABLE payments (
  id BIGINT PRIMARY KEY,
  user_id UUID NOT NULL,
  total BIGINT NOT NULL CHECK (total >= 0),
  created_at BIGINT NOT NULL
);
CREATE INDEX payments_of_user ON payments (user_id, id);

-- Reservations ---------------------------------------------------------------------------------------------

-- status: 0 RESERVED, 1 PENDING, 2 PAID, 3 CANCELLED, 4 REFUNDED; up to 2 it takes the seat.
-- reason (of CANCELLED): 0 none, 1 LAPSED, 2 OWNER, 3 OPERATOR.
CREATE TABLE reservations (
  id BIGINT PRIMARY KEY,
  seat_id BIGINT NOT NULL REFERENCES seats (id),
  date_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL,
  user_id UUID NOT NULL,
  place BIGINT NOT NULL,
  status SMALLINT NOT NULL CHECK (status BETWEEN 0 AND 4),
  reason SMALLINT NOT NULL CHECK (reason BETWEEN 0 AND 3),
  price BIGINT NOT NULL CHECK (price >= 0),
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  payment_id BIGINT REFERENCES payments (id),
  paid_at BIGINT,
  version INTEGER NOT NULL CHECK (version > 0),
  CHECK ((reason <> 0) = (status = 3)),
  CHECK (status NOT IN (2, 4) OR payment_id IS NOT NULL)
);
-- At most one live hold or sale per seat (R-S5): the last judge.
CREATE UNIQUE INDEX reservations_taking_seat ON reservations (seat_id) WHERE status <= 2;
CREATE INDEX reservations_of_user ON reservations (user_id, id);
CREATE INDEX reservations_of_payment ON reservations (payment_id) WHERE payment_id IS NOT NULL;

-- Waiting room ---------------------------------------------------------------------------------------------

CREATE TABLE line_places (
  event_id BIGINT NOT NULL,
  place BIGINT NOT NULL CHECK (place > 0),
  user_id UUID NOT NULL,
  joined_at BIGINT NOT NULL,
  left_at BIGINT,
  PRIMARY KEY (event_id, place)
);

CREATE TABLE visits (
  event_id BIGINT NOT NULL,
  place BIGINT NOT NULL CHECK (place > 0),
  user_id UUID NOT NULL,
  activated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL CHECK (expires_at >= activated_at),
  PRIMARY KEY (event_id, place)
);

-- Around every change --------------------------------------------------------------------------------------

-- The first answer to a (user, key). digest: the first 8 bytes of SHA-256(user, key).
CREATE TABLE idempotent_answers (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest BIGINT NOT NULL UNIQUE,
  user_id UUID NOT NULL,
  key TEXT NOT NULL,
  request_hash BYTEA NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  headers TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE outbox (
  id BIGINT PRIMARY KEY,
  key TEXT NOT NULL,
  version BIGINT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE operator_log (
  id BIGINT PRIMARY KEY,
  created_at BIGINT NOT NULL,
  operator_name TEXT NOT NULL,
  action TEXT NOT NULL,
  event_id BIGINT,
  detail TEXT NOT NULL
);

-- What only PostgreSQL lacks -------------------------------------------------------------------------------

-- For the audit.
CREATE FUNCTION json_valid(body TEXT) RETURNS BOOLEAN LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM body::JSON;
  RETURN TRUE;
EXCEPTION WHEN data_exception THEN
  RETURN FALSE;
END $$;

-- Refuses the transaction unless a conditional statement changed as many rows as it was given.
CREATE FUNCTION expect_rows(changed BIGINT, given BIGINT, what TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  IF changed <> given THEN
    RAISE EXCEPTION '% of % % are not as the batch knew them', given - changed, given, what
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
END $$;
