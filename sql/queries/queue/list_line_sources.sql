SELECT id, url, since
FROM line_sources
