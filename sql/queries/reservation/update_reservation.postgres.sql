-- Seat, date, event, price and created_at never change.
WITH changed AS (
  UPDATE reservations r
  SET user_id = n.user_id, place = n.place, status = n.status, reason = n.reason, expires_at = n.expires_at,
    updated_at = n.updated_at, payment_id = n.payment_id, paid_at = n.paid_at, version = n.version
  FROM UNNEST($ids, $stored_versions, $user_ids, $places, $statuses, $reasons, $expires_ats, $updated_ats, $payment_ids,
              $paid_ats, $versions)
    AS n (id, stored_version, user_id, place, status, reason, expires_at, updated_at, payment_id, paid_at, version)
  CROSS JOIN LATERAL (SELECT ctid FROM reservations WHERE id = n.id AND version = n.stored_version OFFSET 0) stored
  WHERE r.ctid = stored.ctid
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM changed), cardinality($ids), 'reservations')
