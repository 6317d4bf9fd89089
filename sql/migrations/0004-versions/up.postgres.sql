-- Programs that know this migration, or a later one that is named here, can work on the store. As up.sql.
INSERT INTO meta (name, value) VALUES ('schema_needed', 4);
