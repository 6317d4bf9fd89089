WITH changed AS (
  UPDATE line_places l
  SET left_at = n.left_at
  FROM UNNEST($event_ids, $places, $user_ids, $left_ats) AS n (event_id, place, user_id, left_at)
  WHERE l.event_id = n.event_id AND l.place = n.place AND l.user_id = n.user_id AND l.left_at IS NULL
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($places), 'places')
