INSERT INTO line_absences (event_id, block, bits)
SELECT * FROM UNNEST($event_ids, $blocks, $bits)
ON CONFLICT (event_id, block) DO UPDATE SET bits = excluded.bits
