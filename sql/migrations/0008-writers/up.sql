-- Digests of 128 bits (notes.md). answer_digest() is a function of the program.
CREATE TABLE answers_0008 (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),  -- the first 16 bytes of SHA-256(user, key)
  user_id BLOB NOT NULL CHECK (length(user_id) = 16),
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  headers TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
INSERT INTO answers_0008 (id, digest, user_id, key, request_hash, status, body, headers, created_at)
SELECT id, answer_digest(user_id, key), user_id, key, request_hash, status, body, headers, created_at
FROM idempotent_answers
ORDER BY id;
DROP TABLE idempotent_answers;
ALTER TABLE answers_0008 RENAME TO idempotent_answers;

UPDATE meta SET value = 8 WHERE name = 'schema_needed';
