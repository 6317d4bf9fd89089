-- Digests of 128 bits, which have the size of a UUID, and keys that may be any bytes (notes.md).
ALTER TABLE idempotent_answers
  ALTER COLUMN key TYPE BYTEA USING convert_to(key, 'UTF8'),
  ALTER COLUMN digest TYPE UUID
    USING encode(substr(sha256(uuid_send(user_id) || convert_to(key, 'UTF8')), 1, 16), 'hex')::UUID;

UPDATE meta SET value = 8 WHERE name = 'schema_needed';
