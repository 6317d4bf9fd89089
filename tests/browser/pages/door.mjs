// A steward's device at the door, for the scenarios of the check-in.
import { Fan, assert, signInWithKey } from "./fan.mjs";

export async function openGate(browser, url, key, date = /Winter Club Night/, options = {}) {
  const gate = await Fan.arrive(browser, url, { viewport: { width: 390, height: 844 }, ...options });
  await signInWithKey(gate, key, "/gate");
  await gate.state("choose");
  await gate.page.getByRole("button", { name: date }).click();
  await gate.state("ready");
  await gate.page.locator('main[data-kept="true"]').waitFor();
  return gate;
}

// As a scanner at the USB port does it.
export async function scan(gate, code, kind) {
  const number = Number(await gate.page.locator("[data-verdict]").getAttribute("data-number"));
  await gate.page.keyboard.type(code);
  await gate.page.keyboard.press("Enter");
  await gate.page.locator(`[data-verdict][data-number="${number + 1}"]`).waitFor();
  assert.equal(await gate.page.locator("[data-verdict]").getAttribute("data-verdict"), kind);
}

// Takes the list of revoked tickets along, and the network goes: from now on the gate is alone with what it has.
export async function syncAndGoOffline(gate) {
  await gate.context.setOffline(true);
  const synced = gate.page.waitForResponse("**/revoked");
  await gate.context.setOffline(false);
  await synced;
  await gate.page.locator('#sync[data-offline="false"]').waitFor();
  await gate.context.setOffline(true);
  await gate.page.locator('#sync[data-offline="true"]').waitFor();
}

export async function counts(gate, expected) {
  const found = await gate.page.evaluate(() => ["in", "refused", "unsent"].map((name) => document.getElementById(`count-${name}`).innerText));
  assert.deepEqual(found.map(Number), expected);
}
