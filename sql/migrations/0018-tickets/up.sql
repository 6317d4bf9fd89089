-- Tickets: the secret that their serials are made with, and what gates have scanned (notes.md).
ALTER TABLE store ADD COLUMN ticket_secret TEXT CHECK (length(ticket_secret) = 64);  -- random
UPDATE store SET ticket_secret = lower(hex(randomblob(32)));

-- A row for each ticket that a gate has scanned.
CREATE TABLE ticket_uses (
  reservation_id INTEGER NOT NULL REFERENCES reservations (id),
  ticket INTEGER NOT NULL CHECK (ticket > 0),    -- the version of the reservation that the ticket is of
  date_id INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),  -- of the key of its events
  live INTEGER NOT NULL CHECK (live >= 0),       -- scans that are not undone
  scans TEXT NOT NULL,                           -- a line for each: "+MOMENT DEVICE", of an undone one "-MOMENT DEVICE"
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (reservation_id, ticket)
) WITHOUT ROWID;
CREATE INDEX ticket_uses_twice ON ticket_uses (date_id) WHERE live > 1;
CREATE INDEX reservations_with_revoked_tickets ON reservations (date_id)
WHERE paid_at IS NOT NULL AND (status <> 2 OR updated_at > paid_at);
