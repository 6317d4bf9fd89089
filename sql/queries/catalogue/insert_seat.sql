INSERT INTO seats (id, date_id, number, section, row, number_in_row, category)
VALUES ($id, $date_id, $number, $section, $row, $number_in_row, $category)
