INSERT INTO line_passed_over (event_id, epoch, log_high, log_low, reason)
VALUES ($event_id, $epoch, $log_high, $log_low, $reason)
