-- Users whose older proofs of identity are revoked. As up.sql.
CREATE TABLE revocations (
  user_id UUID PRIMARY KEY,
  not_before BIGINT NOT NULL  -- proofs issued before this time do not count
);
