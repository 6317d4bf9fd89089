-- How many rows the operators' log has ever had (notes.md).
INSERT INTO meta (name, value) SELECT 'log_rows', count(*) FROM operator_log;
CREATE TRIGGER operator_log_counted AFTER INSERT ON operator_log
BEGIN
  UPDATE meta SET value = value + 1 WHERE name = 'log_rows';
END;
