SELECT event_id, epoch, log_high, log_low, reason
FROM line_passed_over
ORDER BY event_id, epoch, log_high, log_low
