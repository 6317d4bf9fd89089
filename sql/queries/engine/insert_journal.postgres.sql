INSERT INTO journal (seq, writer, created_at, body)
VALUES ($seq, $writer, $created_at, $body)
