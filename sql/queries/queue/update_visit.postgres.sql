WITH changed AS (
  UPDATE visits v
  SET expires_at = n.expires_at
  FROM UNNEST($event_ids, $places, $stored_expires_ats, $expires_ats) AS n (event_id, place, stored_expires_at, expires_at)
  WHERE v.event_id = n.event_id AND v.place = n.place AND v.expires_at = n.stored_expires_at
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($places), 'visits')
