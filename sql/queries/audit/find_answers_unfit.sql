-- A remembered answer is a success that can be given again (I-19).
SELECT format('the answer with id %s has status %s, %s bytes of hash and a body of %s bytes%s', id, status,
              length(request_hash), length(body), CASE WHEN json_valid(body) THEN '' ELSE ' that is no JSON' END)
FROM idempotent_answers
WHERE status NOT BETWEEN 200 AND 299 OR length(request_hash) <> 32
   OR (NOT json_valid(body) AND headers NOT LIKE '%Content-Type:%')
