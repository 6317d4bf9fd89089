DELETE FROM dead_letters WHERE sink = $sink AND id = $id
