SELECT event_id, epoch, log_high, log_low, random_id, last_place, kept_place, joined_at
FROM line_marks
ORDER BY event_id, epoch, log_high, log_low
