-- Users whose older proofs of identity are revoked (notes.md).
CREATE TABLE revocations (
  user_id BLOB PRIMARY KEY CHECK (length(user_id) = 16),
  not_before INTEGER NOT NULL  -- proofs issued before this time do not count
) WITHOUT ROWID;
