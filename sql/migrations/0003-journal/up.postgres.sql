-- Every committed batch of every instance, in the order of the commits, for the others to hear (notes.md).
CREATE TABLE journal (
  seq BIGINT PRIMARY KEY,      -- no number is left out: whoever holds the lock writes the one after the last
  writer UUID NOT NULL,        -- made up for this batch; by it a writer that lost the answer finds its own
  created_at BIGINT NOT NULL,  -- by the clock of this database
  body BYTEA NOT NULL
);
-- Long bodies are read once or twice and gone after minutes: not worth compressing.
ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL;
-- So that there is a last one always.
INSERT INTO journal (seq, writer, created_at, body)
VALUES (0, '00000000-0000-0000-0000-000000000000', (extract(epoch FROM now()) * 1000)::BIGINT, '');
