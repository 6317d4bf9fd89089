DELETE FROM dates WHERE id = $id AND hidden
