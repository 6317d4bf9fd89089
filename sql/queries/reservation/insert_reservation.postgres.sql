INSERT INTO reservations (id, seat_id, date_id, event_id, user_id, place, status, reason, price, expires_at,
                          created_at, updated_at, payment_id, paid_at, version)
SELECT * FROM UNNEST($ids, $seat_ids, $date_ids, $event_ids, $user_ids, $places, $statuses, $reasons, $prices, $expires_ats,
                     $created_ats, $updated_ats, $payment_ids, $paid_ats, $versions)
