WITH changed AS (
  UPDATE line_places l
  SET left_at = n.left_at, left_by = n.left_by
  FROM UNNEST($event_ids, $places, $user_ids, $left_ats, $left_bys) AS n (event_id, place, user_id, left_at, left_by)
  CROSS JOIN LATERAL (SELECT ctid FROM line_places
                      WHERE event_id = n.event_id AND place = n.place AND user_id = n.user_id AND left_at IS NULL
                      OFFSET 0) stored
  WHERE l.ctid = stored.ctid
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($places), 'places')
