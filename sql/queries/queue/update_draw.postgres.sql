WITH changed AS (
  UPDATE draws
  SET opens_at = $opens_at, committed_at = $committed_at, beacon_source = $beacon_source, beacon = $beacon,
    drawn_at = $drawn_at, people = $people, digest = $digest,
  algorithm = $algorithm, moves = $moves
  WHERE event_id = $event_id AND seed = $seed AND drawn_at IS NULL
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), 1, 'draws')
