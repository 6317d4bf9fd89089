INSERT INTO seats (id, date_id, number, section, row, number_in_row, category)
SELECT id, $date_id, number, section, row, number_in_row, category
FROM UNNEST($ids, $numbers, $sections, $rows, $numbers_in_row, $categories)
  AS n (id, number, section, row, number_in_row, category)
