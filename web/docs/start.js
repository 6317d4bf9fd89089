// Shows the API of the server that this page comes from; nothing is asked of any other.

// An event stream does not end by itself, and Swagger UI shows whole answers only: what arrives in this time is shown.
const STREAM_SECONDS = 5;

async function fetchSome(url, request) {
  const answer = await fetch(url, request);
  if (!(answer.headers.get("content-type") || "").startsWith("text/event-stream")) return answer;
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  const timer = setTimeout(() => reader.cancel(), STREAM_SECONDS * 1000);
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
  }
  clearTimeout(timer);
  return new Response(text, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
}

function prepare(request) {
  request.userFetch = fetchSome;
  // The token of POST /queue begins with the word Bearer, which Swagger UI writes as well.
  const proof = request.headers && request.headers.Authorization;
  if (proof) request.headers.Authorization = proof.replace(/^(Bearer\s+)+/i, "Bearer ");
  return request;
}

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
  requestInterceptor: prepare,
});
