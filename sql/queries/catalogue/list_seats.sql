-- A date's ids follow one another.
SELECT date_id, number, number_in_row, section, row, category FROM seats ORDER BY id
