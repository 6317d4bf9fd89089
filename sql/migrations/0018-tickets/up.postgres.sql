-- Tickets. As up.sql.
ALTER TABLE store ADD COLUMN ticket_secret TEXT CHECK (length(ticket_secret) = 64);
UPDATE store SET ticket_secret = replace(gen_random_uuid()::TEXT || gen_random_uuid()::TEXT, '-', '');
CREATE TABLE ticket_uses (
  reservation_id BIGINT NOT NULL REFERENCES reservations (id),
  ticket INTEGER NOT NULL CHECK (ticket > 0),
  date_id BIGINT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0),
  live BIGINT NOT NULL CHECK (live >= 0),
  scans TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (reservation_id, ticket)
);
CREATE INDEX ticket_uses_twice ON ticket_uses (date_id) WHERE live > 1;
CREATE INDEX reservations_with_revoked_tickets ON reservations (date_id)
WHERE paid_at IS NOT NULL AND (status <> 2 OR updated_at > paid_at);
