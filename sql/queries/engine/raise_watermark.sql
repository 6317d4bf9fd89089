UPDATE meta SET value = max(value, $value) WHERE name = $name
