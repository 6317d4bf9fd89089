-- Of seats that are there and of their date: one look for each, where a reference would lock the seat's row and write that down.
WITH added AS (
  INSERT INTO reservations (id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at,
                            created_at, updated_at, payment_id, paid_at, version)
  SELECT n.*
  FROM UNNEST($id, $seat_id, $date_id, $event_id, $user_id, $place, $status, $reason, $price, $expires_at,
              $created_at, $updated_at, $payment_id, $paid_at, $version)
    AS n (id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at,
          created_at, updated_at, payment_id, paid_at, version)
  CROSS JOIN LATERAL (SELECT FROM seats WHERE id = n.seat_id AND date_id = n.date_id OFFSET 0) seat
  RETURNING 1)
SELECT expect_rows((SELECT count(*) FROM added), cardinality($id), 'seats')
