INSERT INTO line_marks (event_id, epoch, log_high, log_low, random_id, last_place, kept_place, joined_at)
VALUES ($event_id, $epoch, $log_high, $log_low, $random_id, $last_place, $kept_place, $joined_at)
