WITH changed AS (
  UPDATE visits v
  SET expires_at = n.expires_at, ended_by = n.ended_by
  FROM UNNEST($event_ids, $places, $stored_expires_ats, $expires_ats, $ended_bys)
    AS n (event_id, place, stored_expires_at, expires_at, ended_by)
  CROSS JOIN LATERAL (SELECT ctid FROM visits
                      WHERE event_id = n.event_id AND place = n.place AND expires_at = n.stored_expires_at
                      OFFSET 0) stored
  WHERE v.ctid = stored.ctid
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($places), 'visits')
