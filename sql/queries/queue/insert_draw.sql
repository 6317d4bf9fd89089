INSERT INTO draws (event_id, seed, opens_at, committed_at, beacon_source, beacon, drawn_at, people, digest,
                   algorithm, moves)
VALUES ($event_id, $seed, $opens_at, $committed_at, $beacon_source, $beacon, $drawn_at, $people, $digest,
        $algorithm, $moves)
