-- How many rows the operators' log has ever had. As up.sql.
INSERT INTO meta (name, value) SELECT 'log_rows', count(*) FROM operator_log;
CREATE FUNCTION count_log_rows() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE meta SET value = value + (SELECT count(*) FROM written) WHERE name = 'log_rows';
  RETURN NULL;
END $$;
CREATE TRIGGER operator_log_counted AFTER INSERT ON operator_log
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION count_log_rows();
