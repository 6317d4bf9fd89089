-- A remembered answer is a success that can be given again (I-19).
SELECT format('the answer with id %s has status %s, a key of %s bytes, %s bytes of hash and a body of %s bytes%s', id, status,
              length(key), length(request_hash), length(body),
              CASE WHEN NOT json_valid(body) THEN ' that is no JSON'
                   WHEN body NOT LIKE '{"success":true%' THEN ' that is no success' ELSE '' END)
FROM idempotent_answers
WHERE status NOT BETWEEN 200 AND 299 OR length(request_hash) <> 32 OR length(key) NOT BETWEEN 1 AND 255
   OR ((NOT json_valid(body) OR body NOT LIKE '{"success":true%') AND headers NOT LIKE '%Content-Type:%')
