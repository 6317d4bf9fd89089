INSERT INTO line_absences (event_id, block, bits)
VALUES ($event_id, $block, $bits)
ON CONFLICT (event_id, block) DO UPDATE SET bits = excluded.bits
