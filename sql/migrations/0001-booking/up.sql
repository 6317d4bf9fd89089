-- The booking store. Times are UTC milliseconds, money whole won, users 16 bytes, flags 0 or 1.
-- Why each table and index is as it is, and what it costs: notes.md.

-- What is remembered of the store as a whole.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES
  ('ids_reserved_to', 1),         -- every id given so far is below
  ('latest_moment', 0),           -- the highest moment of a committed batch
  ('outbox_forgotten_until', 0);  -- outbox rows up to this moment may have been removed

-- Catalogue ------------------------------------------------------------------------------------------------

CREATE TABLE layouts (
  name TEXT PRIMARY KEY,
  definition TEXT NOT NULL CHECK (json_valid(definition))
) WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  performer TEXT NOT NULL,
  venue TEXT NOT NULL,
  on_sale_from INTEGER NOT NULL,
  on_sale_until INTEGER NOT NULL,
  queue_policy TEXT NOT NULL CHECK (json_valid(queue_policy)),
  sale_policy TEXT NOT NULL CHECK (json_valid(sale_policy)),
  closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
  paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);

-- Seats of a date have the ids first_seat … first_seat + seat_count - 1.
CREATE TABLE dates (
  id INTEGER PRIMARY KEY,
  event_id INTEGER NOT NULL REFERENCES events (id),
  starts_at INTEGER NOT NULL,
  booking_from INTEGER NOT NULL,
  booking_until INTEGER NOT NULL,
  layout TEXT NOT NULL,
  first_seat INTEGER NOT NULL UNIQUE,
  seat_count INTEGER NOT NULL CHECK (seat_count >= 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
);

CREATE TABLE sections (
  date_id INTEGER NOT NULL REFERENCES dates (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (date_id, position)
) WITHOUT ROWID;

CREATE TABLE categories (
  id INTEGER PRIMARY KEY,
  date_id INTEGER NOT NULL REFERENCES dates (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  price INTEGER NOT NULL CHECK (price >= 0),
  UNIQUE (date_id, position)
);

-- section and category are positions within the date.
CREATE TABLE seats (
  id INTEGER PRIMARY KEY,
  date_id INTEGER NOT NULL REFERENCES dates (id),
  number INTEGER NOT NULL CHECK (number > 0),
  section INTEGER NOT NULL,
  row INTEGER NOT NULL,
  number_in_row INTEGER NOT NULL,
  category INTEGER NOT NULL
);

-- A row = the seat is blocked.
CREATE TABLE seat_blocks (
  seat_id INTEGER PRIMARY KEY REFERENCES seats (id)
);

-- Money ----------------------------------------------------------------------------------------------------

CREATE TABLE wallets (
  id INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL UNIQUE CHECK (length(user_id) = 16),
  balance INTEGER NOT NULL CHECK (balance >= 0),
  seq INTEGER NOT NULL CHECK (seq >= 0)
);

-- type: 0 CHARGE, 1 USE, 2 REFUND. Accounts: a wallet's id, -1 the house, -2 charges.
CREATE TABLE postings (
  wallet_id INTEGER NOT NULL REFERENCES wallets (id),
  seq INTEGER NOT NULL CHECK (seq > 0),
  id INTEGER NOT NULL,
  type INTEGER NOT NULL CHECK (type BETWEEN 0 AND 2),
  amount INTEGER NOT NULL CHECK (amount > 0),
  balance_after INTEGER NOT NULL CHECK (balance_after >= 0),
  debit_account INTEGER NOT NULL,
  credit_account INTEGER NOT NULL CHECK (credit_account <> debit_account),
  reservation_id INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (wallet_id, seq)
) WITHOUT ROWID;

-- What a payment paid for: reservations.payment_id.
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  total INTEGER NOT NULL CHECK (total >= 0),
  created_at INTEGER NOT NULL
);
CREATE INDEX payments_of_user ON payments (id >> 14, user_id);

-- Reservations ---------------------------------------------------------------------------------------------

-- status: 0 RESERVED, 1 PENDING, 2 PAID, 3 CANCELLED, 4 REFUNDED; up to 2 it takes the seat.
-- reason (of CANCELLED): 0 none, 1 LAPSED, 2 OWNER, 3 OPERATOR.
CREATE TABLE reservations (
  id INTEGER PRIMARY KEY,
  seat_id INTEGER NOT NULL REFERENCES seats (id),
  date_id INTEGER NOT NULL,
  event_id INTEGER NOT NULL,
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  place INTEGER NOT NULL,
  status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
  reason INTEGER NOT NULL CHECK (reason BETWEEN 0 AND 3),
  price INTEGER NOT NULL CHECK (price >= 0),
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  payment_id INTEGER REFERENCES payments (id),
  paid_at INTEGER,
  version INTEGER NOT NULL CHECK (version > 0),
  CHECK ((reason <> 0) = (status = 3)),
  CHECK (status NOT IN (2, 4) OR payment_id IS NOT NULL)
);
-- At most one live hold or sale per seat (R-S5): the last judge.
CREATE UNIQUE INDEX reservations_taking_seat ON reservations (seat_id) WHERE status <= 2;
CREATE INDEX reservations_of_user ON reservations (id >> 14, user_id);
CREATE INDEX reservations_of_payment ON reservations (payment_id) WHERE payment_id IS NOT NULL;

-- Waiting room ---------------------------------------------------------------------------------------------

CREATE TABLE line_places (
  event_id INTEGER NOT NULL,
  place INTEGER NOT NULL CHECK (place > 0),
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  joined_at INTEGER NOT NULL,
  left_at INTEGER,
  PRIMARY KEY (event_id, place)
) WITHOUT ROWID;

CREATE TABLE visits (
  event_id INTEGER NOT NULL,
  place INTEGER NOT NULL CHECK (place > 0),
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  activated_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at >= activated_at),
  PRIMARY KEY (event_id, place)
) WITHOUT ROWID;

-- Around every change --------------------------------------------------------------------------------------

-- The first answer to a (user, key). digest: the first 8 bytes of SHA-256(user, key).
CREATE TABLE idempotent_answers (
  id INTEGER PRIMARY KEY,
  digest INTEGER NOT NULL UNIQUE,
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  headers TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE operator_log (
  id INTEGER PRIMARY KEY,
  created_at INTEGER NOT NULL,
  operator_name TEXT NOT NULL,
  action TEXT NOT NULL,
  event_id INTEGER,
  detail TEXT NOT NULL
);
