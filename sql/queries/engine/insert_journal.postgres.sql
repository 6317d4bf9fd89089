INSERT INTO journal (seq, writer, created_at, body)
VALUES ($seq, $writer, (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT, $body)
