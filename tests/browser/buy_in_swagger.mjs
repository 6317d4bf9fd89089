// node buy_in_swagger.mjs URL OPERATOR_KEY: buys a seat in Swagger UI at URL/docs with nothing but its buttons and fields, then
// sends an operator's call. Ends with code 1 and says where, if anything is not as it should be.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chromium } from "playwright-core";

const [url, operatorKey] = process.argv.slice(2);
const TIME_MS = 20_000;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage();
page.setDefaultTimeout(TIME_MS);
const complaints = [];
page.on("pageerror", (error) => complaints.push(`error in the page: ${error.message}`));
page.on("console", (line) => {
  if (line.type() === "error" && !line.text().includes("the server responded with a status of"))
    complaints.push(`console: ${line.text()}`);
});
page.on("request", (request) => {
  if (!request.url().startsWith(url) && !request.url().startsWith("data:"))
    complaints.push(`asks another host: ${request.url()}`);
});

// Opens the call and presses Try it out.
async function open(id) {
  const block = page.locator(`.opblock[id$="-${id}"]`);
  await block.scrollIntoViewIfNeeded();
  if (!(await block.locator(".opblock-body").count())) await block.locator(".opblock-summary-control").click();
  const button = block.locator(".try-out__btn");
  if (!(await button.getAttribute("class")).includes("cancel")) await button.click();
  return block;
}

// Fills the fields in, presses Execute, and returns what the page shows: {status, text}.
async function execute(id, { parameters = {}, body } = {}) {
  const block = await open(id);
  for (const [name, value] of Object.entries(parameters)) {
    await block.locator(`tr[data-param-name="${name}"] input`).fill(String(value));
  }
  if (body !== undefined) await block.locator("textarea.body-param__text").fill(JSON.stringify(body));
  const clear = block.locator(".btn-clear");
  if (await clear.count()) await clear.click();
  await block.locator("button.execute").click();
  const shown = block.locator(".live-responses-table tbody tr.response").first();
  const status = Number.parseInt(await shown.locator(".response-col_status").innerText(), 10);
  const text = await shown.locator(".response-col_description pre").first().innerText();
  await block.locator(".opblock-summary-control").click();  // close it: the page stays small
  return { status, text };
}

async function call(id, fields, expected) {
  const { status, text } = await execute(id, fields);
  assert.equal(status, expected, `${id} shows ${status}: ${text}`);
  return JSON.parse(text).data;
}

// The button Authorize, and the field of that scheme.
async function authorize(scheme, value) {
  await page.locator(".scheme-container .authorize").click();
  const field = page.locator(".modal-ux .auth-container").filter({ hasText: scheme });
  await field.locator("input").fill(value);
  await field.locator("button.authorize").click();
  await page.locator(".modal-ux .btn-done").first().click();
}

async function offersEveryCall() {
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const calls = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  await page.locator(".opblock").first().waitFor();
  assert.equal(await page.locator(".opblock").count(), calls.length);
  const locked = calls.filter((one) => one.security.length > 0).length;
  assert.equal(await page.locator(".opblock .authorization__btn").count(), locked, "calls with a padlock");
}

async function buy() {
  const userId = randomUUID();
  const place = await call("joinQueue", { body: { userId, eventId: 1 } }, 201);
  assert.equal((await execute("getPlace")).status, 401, "nobody is authorized yet");
  await authorize("bearerToken", place.token);
  let status = place.status;
  for (const until = Date.now() + TIME_MS; status !== "ACTIVATED" && Date.now() < until;) {
    status = (await call("getPlace", {}, 200)).status;
  }
  const [date] = await call("listDates", { parameters: { eventId: place.eventId } }, 200);
  const { seat } = await call("listSeats", { parameters: { eventDateId: date.id } }, 200);
  const held = await call("holdSeats", { body: { userId, seatId: seat[0].id } }, 201);
  const stream = await execute("streamPlace");
  assert.match(stream.text, /event: status/, "what a stream sends is shown");
  assert.equal((await execute("payReservation", { parameters: { id: held.id }, body: {} })).status, 402);
  await call("chargeBalance", { parameters: { userId }, body: { amount: held.price } }, 200);
  const paid = await call("payReservation", { parameters: { id: held.id }, body: {} }, 200);
  assert.equal(paid.status, "PAID");
  assert.equal(paid.seatId, seat[0].id);
}

async function operate() {
  await authorize("operatorKey", operatorKey);
  assert.equal((await call("adminGetLive", {}, 200)).events[0].sold, 1);
  const event = await call("adminChangeEvent", { parameters: { id: 1 }, body: { venue: "Arena" } }, 200);
  assert.equal(event.venue, "Arena");
}

try {
  await page.goto(`${url}/docs/`);
  await offersEveryCall();
  await buy();
  await operate();
  assert.deepEqual(complaints, []);
  console.log(`bought a seat in Chromium ${browser.version()}`);
} catch (error) {
  console.log(error.stack);
  if (complaints.length) console.log(complaints.join("\n"));
  process.exitCode = 1;
} finally {
  await browser.close();
}
